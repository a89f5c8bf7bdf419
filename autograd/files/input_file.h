#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ebb {

/// A regular file to read from. Its size is known, so that the numbers in it can be checked before they are used. Its
/// Errors give the reason in the words of the system; the caller adds the name of the file and of its own function.
/// Threads may read from it at once.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Copies the bytes from `offset` on. Throws Error if there are not that many.
  void read(std::uint64_t offset, void* to, std::size_t bytes) const;
  /// All of it, or its first bytes, if it has more than `most`.
  std::string text(std::uint64_t most = ~std::uint64_t{0}) const;

 private:
  int descriptor_;
  std::uint64_t size_ = 0;
};

/// Formats a word from a file, which may hold anything, for a message: in quotes, escaped, and not too long.
std::string shown(std::string_view word);

}  // namespace ebb
