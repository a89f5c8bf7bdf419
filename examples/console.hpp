#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

// Tells the examples what they may write to a stream.
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

}  // namespace console
