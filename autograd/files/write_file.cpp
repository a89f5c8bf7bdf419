#include "write_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "../base/error.hpp"

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
  /// A name under which the file can be found while it is open.
  std::string path() const { return fmt::format("/proc/self/fd/{}", number_); }
  void set_permissions(mode_t mode) const {
    if (::fchmod(number_, mode) != 0) fail();
  }
  /// Waits until the file is on the disk, so that a name is never given to what is not there yet.
  void synchronize() const {
    if (::fsync(number_) != 0) fail();
  }
  /// Closes the file, and fails if that does: some file systems report only now that the disk was full.
  void close() {
    if (::close(std::exchange(number_, -1)) != 0) fail();
  }

 private:
  int number_;
};

/// Returns true if a path leads to a file that this program has open, as /dev/stdout and /dev/fd/3 do.
bool is_open_already(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::equivalent(path.parent_path(), "/proc/self/fd", ignored);
}

/// Makes a second descriptor for an open file, which goes on where the first one stands. If the file were opened again,
/// writing would start at its beginning.
Descriptor same_as(const std::filesystem::path& open) {
  const std::string name = open.filename().string();
  int number = -1;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return Descriptor(::dup(number));
}

/// Follows symbolic links to the file that a path stands for. It need not exist.
std::filesystem::path target_of(std::filesystem::path path) {
  for (int links = 0; !is_open_already(path) && std::filesystem::is_symlink(path); ++links) {
    if (links == 40) throw std::system_error(ELOOP, std::generic_category());
    path = path.parent_path() / std::filesystem::read_symlink(path);  // an absolute link replaces all before it
  }
  return path;
}

/// Has `make` make a file of a name that nothing in the folder has, beside a path: it is given one name after the other
/// until it finds one that is not taken. Returns its result, and puts the name into `name`.
template <class Make>
int with_new_name(const std::filesystem::path& path, std::string& name, Make make) {
  constexpr std::size_t most = 200;  // of the path's own name; a name may have 255 bytes in all
  const std::string start = (path.parent_path() / path.filename().string().substr(0, most)).string();
  for (int k = 0;; ++k) {
    std::string tried = fmt::format("{}.{}-{}.part", start, ::getpid(), k);
    const int made = make(tried.c_str());
    if (made < 0 && errno == EEXIST) continue;
    if (made < 0) fail();
    name = std::move(tried);
    return made;
  }
}

/// A file beside the one that it is to become. Where the file system can do that it has no name until it is whole, so
/// that nothing of it stays if the program is killed.
class UnfinishedFile {
 public:
  UnfinishedFile(std::filesystem::path target, mode_t mode) : target_(std::move(target)), file_(open(mode)) {}
  ~UnfinishedFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  const Descriptor& file() const { return file_; }
  /// Puts the file in the place of the one that was there before.
  void finish() {
    file_.synchronize();
    if (name_.empty())
      with_new_name(target_, name_, [this](const char* name) {
        return ::linkat(AT_FDCWD, file_.path().c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW);
      });
    file_.close();
    if (std::rename(name_.c_str(), target_.c_str()) != 0) fail();
    name_.clear();
  }

 private:
  Descriptor open(mode_t mode) {
    const std::filesystem::path folder = target_.has_parent_path() ? target_.parent_path() : ".";
    const bool can_be_named = ::access("/proc/self/fd", X_OK) == 0;
    const int nameless = !can_be_named ? -1 : ::open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
    if (nameless >= 0) return Descriptor(nameless);
    return Descriptor(with_new_name(target_, name_, [mode](const char* name) {
      return ::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    }));
  }

  std::filesystem::path target_;
  std::string name_;  // empty: it has none
  Descriptor file_;
};

}  // namespace

void write_file(const std::string& path, std::span<const std::string_view> pieces) {
  try {
    const std::filesystem::path target = target_of(path);
    struct stat old = {};
    const bool exists = ::stat(path.c_str(), &old) == 0, is_open = is_open_already(target);
    if (is_open || (exists && !S_ISREG(old.st_mode))) {
      Descriptor file = is_open ? same_as(target) : Descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      for (std::string_view piece : pieces) file.write(piece);
      file.close();
      return;
    }
    UnfinishedFile unfinished(target, exists ? old.st_mode & 0777 : 0666);
    for (std::string_view piece : pieces) unfinished.file().write(piece);
    if (exists) unfinished.file().set_permissions(old.st_mode & 0777);  // without those that the umask took away
    unfinished.finish();
  } catch (const std::system_error& error) {
    throw Error(fmt::format("cannot write '{}': {}; give it a file in a folder that exists and can be written to", path,
                            error.code().message()));
  }
}

}  // namespace ebb
