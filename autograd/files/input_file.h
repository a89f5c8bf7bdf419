#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace ebb {

/// A regular file to read from, whose size is known before any of its numbers is believed. Its Errors say why in the
/// words of the system; the caller adds what was asked, and of which file.
class InputFile {
 public:
  explicit InputFile(const std::string& path);

  std::uint64_t size() const { return size_; }
  /// Copies the bytes from `offset` on. Throws Error if there are not that many.
  void read(std::uint64_t offset, void* to, std::size_t bytes);

 private:
  std::ifstream stream_;
  std::uint64_t size_ = 0;
};

/// A word out of a file that may hold anything, as a message shows it: in quotes, escaped, and not too long.
std::string shown(std::string_view word);

}  // namespace ebb
