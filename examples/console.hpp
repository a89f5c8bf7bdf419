#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ebb/nn/progress.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

// What the examples may write to a stream, and whether it arrived.
namespace console {

using ebb::nn::is_terminal;

/// Returns true if the stream is such a terminal and the user did not set the environment variable NO_COLOR
/// (no-color.org).
inline bool wants_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  return is_terminal(stream) && (no_colour == nullptr || *no_colour == '\0');
}

/// Writes a text. What is lost is noted in the stream, for check_output_written: the work that is under way goes on.
inline void put(std::FILE* stream, std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream); }

/// Throws std::runtime_error if anything that was written to the standard output is lost, as on a disk that is full.
inline void check_output_written() {
  if (std::fflush(stdout) != 0)
    throw std::runtime_error(std::string("cannot write the output: ") + std::strerror(errno));
  if (std::ferror(stdout)) throw std::runtime_error("cannot write the output: a part of it is lost");
}

}  // namespace console
