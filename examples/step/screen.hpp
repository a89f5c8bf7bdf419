#pragma once

#include "session.hpp"
#include "text.hpp"

namespace step {

struct Size {
  std::size_t width = 80, height = 24;
};

/// The lines of a page that does not fit a screen, wrapped, from line `top` on.
struct Page {
  std::vector<Line> lines;
  std::size_t top = 0;
};

/// One screen, exactly as high and wide as asked, for a position of the session: `footer` is its last line.
std::vector<Line> screen_of(const Session& session, const std::string& footer, Size size);
/// The same for a page; `top` is moved to where there is something to see.
std::vector<Line> screen_of(Page& page, Size size);

/// The position as a block of lines, for a transcript: as long as it takes.
std::vector<Line> block_of(const Session& session);

/// A page's lines in so many columns.
std::vector<Line> wrapped(const std::vector<Line>& lines, std::size_t width);

}  // namespace step
