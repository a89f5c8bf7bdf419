#include "input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "../base/error.hpp"

namespace ebb {

InputFile::InputFile(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) throw Error(error.message());
  if (is_directory(status)) throw Error("it is a folder");
  if (!is_regular_file(status)) throw Error("it is no regular file");
  size_ = std::filesystem::file_size(path, error);
  if (error) throw Error(error.message());
  stream_.open(path, std::ios::binary);
  if (!stream_) throw Error(std::generic_category().message(errno));
}

void InputFile::read(std::uint64_t offset, void* to, std::size_t bytes) {
  stream_.seekg(static_cast<std::streamoff>(offset));
  stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes));
  if (!stream_) throw Error("it ended, or could not be read, where its values were expected");
}

std::string shown(std::string_view word) {
  constexpr std::size_t most = 80;
  return fmt::format("{:?}{}", word.substr(0, most), word.size() > most ? "..." : "");
}

}  // namespace ebb
