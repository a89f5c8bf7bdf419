#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "programs.hpp"

// Lines of text with a little style, as wide as a terminal lets them be. All of it is ASCII: a byte is a column.
namespace step {

enum class Style { plain, strong, faint, value, gradient };

struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;

std::size_t width_of(const Line& line);
/// The line in exactly so many columns: padded, or cut with "...".
Line fitted(Line line, std::size_t width);
/// Without the spaces at its end; with ANSI escapes only if it is to have colour.
std::string to_text(const Line& line, bool colour);

/// Words in lines of at most so many columns, all but the first indented so far.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent = 0);
/// Control characters and what is not ASCII become '?', so that it stays one line, whatever the user typed.
std::string printable(std::string_view text);

/// Five significant digits: "2.5839".
std::string number_text(double x);
/// A row of text for each row of the tensor, in columns, all with as many decimals: four significant digits of the
/// largest number. One number by itself has five.
std::vector<std::string> rows_of(const Tensor& x);

/// Which of these words comes nearest to `word`, by the letters to be changed; empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& words);

}  // namespace step
