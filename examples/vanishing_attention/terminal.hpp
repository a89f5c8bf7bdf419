#pragma once

#include <cstdio>

namespace vanishing_attention {

/// Whether the stream is a terminal that can redraw a line.
bool is_terminal(std::FILE* stream);
/// A terminal, and the user did not set NO_COLOR.
bool wants_colour(std::FILE* stream);
/// Columns; 80 where that cannot be told.
int terminal_width(std::FILE* stream);

}  // namespace vanishing_attention
