#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

// What the examples may write to a stream, and whether it arrived.
namespace console {

/// Returns true if the stream is a terminal that can redraw what it shows.
inline bool is_terminal(std::FILE* stream) {
  const char* kind = std::getenv("TERM");
  return isatty(fileno(stream)) && kind != nullptr && std::string_view(kind) != "dumb";
}

/// Returns true if the stream is such a terminal and the user did not set the environment variable NO_COLOR
/// (no-color.org).
inline bool wants_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  return is_terminal(stream) && (no_colour == nullptr || *no_colour == '\0');
}

/// Returns the number of columns of the terminal; 80 if it is not known.
inline int columns(std::FILE* stream) {
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
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
