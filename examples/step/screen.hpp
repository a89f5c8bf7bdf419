#pragma once

#include "session.hpp"
#include "text.hpp"

namespace step {

struct Size {
  std::size_t width = 80, height = 24;
};

/// A text that may be longer than the screen. Line `top` of it, counted after wrapping, is the first one shown.
struct Scrolled {
  std::vector<Line> lines;
  std::size_t top = 0;
};

/// Returns the screen for the session's position, exactly as high and wide as `size`. `footer` is its last line.
std::vector<Line> screen_of(const Session& session, const std::string& footer, Size size);
/// Returns the screen for a text that covers the position. Moves `top` back if it is behind the end.
std::vector<Line> screen_of(Scrolled& text, Size size);

/// Returns the position as lines of a transcript, as many as there are to show.
std::vector<Line> block_of(const Session& session);

/// Wraps the lines so that each takes at most so many columns.
std::vector<Line> wrapped(const std::vector<Line>& lines, std::size_t width);

}  // namespace step
