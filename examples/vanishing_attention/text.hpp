#pragma once

#include <string>
#include <string_view>

#include "summary.hpp"

// Numbers and words as the table and the page print them.
namespace vanishing_attention {

/// "0.52", "12.3", "2.1e-09"; "-" for what was not measured.
std::string ratio_text(double ratio);
/// The same in mathematical notation: "2.1·10⁻⁹".
std::string power_text(double value);
/// "2.313±0.004"; without the deviation for a single seed.
std::string loss_text(const Spread& loss);
std::string loss_text(double loss);
/// "12–15", "12"
std::string steps_text(int first, int last);
/// "62 %"
std::string percent_text(double share);
/// "3:07", "1:02:45"
std::string duration_text(double seconds);
std::string count_text(double count);

/// Columns that UTF-8 text takes, one for each code point.
std::size_t columns(std::string_view text);
/// The text padded, or cut with an ellipsis, to so many columns.
std::string fit(std::string_view text, std::size_t width);
/// Control characters spelled out ("\n" as two characters), so that it stays one line, whatever the user typed.
std::string one_line(std::string_view text);
/// Bytes that are no UTF-8 become U+FFFD.
std::string valid_utf8(const std::string& text);
std::string escape_html(const std::string& text);

}  // namespace vanishing_attention
