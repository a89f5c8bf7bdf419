#pragma once

#include <string>
#include <string_view>

#include "summary.hpp"

// Numbers and words as the table and the page print them.
namespace vanishing_attention {

/// "0.52", "12.3", "2.1e-09"; "-" if not measured.
std::string ratio_text(double ratio);
/// A ratio in mathematical notation: "2.1·10⁻⁹".
std::string power_text(double value);
/// "2.313±0.004"; for a single seed without the deviation.
std::string loss_text(const Spread& loss);
std::string loss_text(double loss);
/// "12–15", "12"
std::string steps_text(int first, int last);
/// "62 %"
std::string percent_text(double share);
/// "3:07", "1:02:45"
std::string duration_text(double seconds);
std::string count_text(double count);

/// Returns the number of columns that a UTF-8 text takes in a terminal, counted as one for each code point.
std::size_t display_columns(std::string_view text);
/// Pads the text with blanks to so many columns, or cuts it with an ellipsis.
std::string fit(std::string_view text, std::size_t columns);
/// Spells out control characters ("\n" as two characters), so that any text stays on one line.
std::string one_line(std::string_view text);
/// Replaces bytes that are not UTF-8 by U+FFFD.
std::string valid_utf8(const std::string& text);
/// Escapes the text for HTML, attributes included, and replaces bytes that are not UTF-8.
std::string escape_html(const std::string& text);

}  // namespace vanishing_attention
