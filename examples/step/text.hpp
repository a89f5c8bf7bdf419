#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "programs.hpp"

// Lines of text with a little style. All of it is ASCII, so that a byte takes one column.
namespace step {

enum class Style { plain, strong, faint, value, gradient };

struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;

std::size_t width_of(const Line& line);
/// Pads the line with blanks, or cuts it with "...", so that it takes exactly so many columns.
Line fitted(Line line, std::size_t width);
/// Returns the line without the blanks at its end, with ANSI escapes for its style if `colour`.
std::string to_text(const Line& line, bool colour);

/// Wraps the text into lines of at most so many columns; all but the first are indented by `indent`.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent = 0);
/// Replaces control characters and characters that are not ASCII by '?', so that any input stays on one line.
std::string printable(std::string_view text);

/// Five significant digits: "2.5839".
std::string number_text(double x);
/// Returns a line of text for each row of the tensor. The numbers stand in columns and have equally many decimals, so
/// many that the largest number has four significant digits. A single number has five.
std::vector<std::string> rows_of(const Tensor& x);

/// Returns the word that takes the fewest changes of letters to become `word`; empty if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& words);

}  // namespace step
