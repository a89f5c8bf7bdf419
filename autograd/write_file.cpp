#include "write_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "error.hpp"

namespace ebb {

namespace {

[[noreturn]] void fail() { throw std::system_error(errno, std::generic_category()); }

/// An open file that is closed in any case.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number_ < 0) fail();
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write(std::string_view content) const {
    while (!content.empty()) {
      const ssize_t written = ::write(number_, content.data(), content.size());
      if (written >= 0)
        content.remove_prefix(static_cast<std::size_t>(written));
      else if (errno != EINTR)
        fail();
    }
  }
  void set_permissions(mode_t mode) const {
    if (::fchmod(number_, mode) != 0) fail();
  }
  /// Some file systems tell only now that there was no room.
  void close() {
    if (::close(std::exchange(number_, -1)) != 0) fail();
  }

 private:
  int number_;
};

/// The file that a path stands for: the end of a chain of symbolic links, which need not exist.
std::filesystem::path target_of(std::filesystem::path path) {
  for (int links = 0; std::filesystem::is_symlink(path); ++links) {
    if (links == 40) throw std::system_error(ELOOP, std::generic_category());
    path = path.parent_path() / std::filesystem::read_symlink(path);  // an absolute link replaces all before it
  }
  return path;
}

/// Opens a file of a name that nothing in the folder has, and puts its name into `name`.
Descriptor new_file_beside(const std::filesystem::path& path, std::string& name) {
  for (int k = 0;; ++k) {
    name = fmt::format("{}.{}-{}.part", path.string(), ::getpid(), k);
    const int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0 || errno != EEXIST) return Descriptor(number);
  }
}

}  // namespace

void write_file(const std::string& path, std::span<const std::string_view> pieces) {
  try {
    struct stat old = {};
    const bool exists = ::stat(path.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) {
      Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      for (std::string_view piece : pieces) file.write(piece);
      file.close();
      return;
    }
    const std::filesystem::path target = target_of(path);
    std::string unfinished;
    Descriptor file = new_file_beside(target, unfinished);
    try {
      for (std::string_view piece : pieces) file.write(piece);
      if (exists) file.set_permissions(old.st_mode & 0777);
      file.close();
      if (std::rename(unfinished.c_str(), target.c_str()) != 0) fail();
    } catch (...) {
      ::unlink(unfinished.c_str());
      throw;
    }
  } catch (const std::system_error& error) {
    throw Error(fmt::format("cannot write '{}': {}; give it a file in a folder that exists and can be written to", path,
                            error.code().message()));
  }
}

}  // namespace ebb
