#include "input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "../base/error.hpp"

namespace ebb {

namespace {

[[noreturn]] void fail() { throw Error(std::generic_category().message(errno)); }

}  // namespace

InputFile::InputFile(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // of a pipe, does not wait for a writer
  if (descriptor_ < 0) fail();
  struct stat status {};
  try {
    if (::fstat(descriptor_, &status) != 0) fail();
    if (S_ISDIR(status.st_mode)) throw Error("it is a folder");
    if (!S_ISREG(status.st_mode)) throw Error("it is no regular file");
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(std::uint64_t offset, void* to, std::size_t bytes) const {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t got =
        ::pread(descriptor_, static_cast<char*>(to) + done, bytes - done, static_cast<off_t>(offset + done));
    if (got > 0)
      done += static_cast<std::size_t>(got);
    else if (got == 0)
      throw Error("it ended where its values were expected");
    else if (errno != EINTR)
      fail();
  }
}

std::string InputFile::text(std::uint64_t most) const {
  std::string text(std::min(size_, most), '\0');
  read(0, text.data(), text.size());
  return text;
}

std::string shown(std::string_view word) {
  constexpr std::size_t most = 80;
  return fmt::format("{:?}{}", word.substr(0, most), word.size() > most ? "..." : "");
}

}  // namespace ebb
