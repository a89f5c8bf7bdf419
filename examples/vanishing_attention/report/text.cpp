#include "text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace vanishing_attention {

std::string ratio_text(double ratio) {
  if (std::isnan(ratio)) return "-";
  if (ratio == 0) return "0";
  if (ratio >= 0.0095 && ratio < 999.5) return fmt::format("{:.{}f}", ratio, ratio < 1 ? 3 : ratio < 99.95 ? 2 : 0);
  return fmt::format("{:.1e}", ratio);
}

namespace {

/// A number in few characters: the larger `size` is, the fewer digits stand behind the point.
std::string short_number(double x, double size, int digits) {
  return size < 99.95   ? fmt::format("{:.3f}", x)
         : size < 999.5 ? fmt::format("{:.1f}", x)
                        : fmt::format("{:.{}e}", x, digits);
}

}  // namespace

std::string loss_text(const Spread& loss) {
  if (std::isnan(loss.deviation)) return loss_text(loss.mean);
  return fmt::format("{}±{}", loss_text(loss.mean),
                     short_number(loss.deviation, std::max(loss.mean, loss.deviation), 0));
}

std::string loss_text(double loss) { return std::isnan(loss) ? "-" : short_number(loss, loss, 1); }

std::string steps_text(int first, int last) {
  return first == last ? fmt::format("{}", first) : fmt::format("{}–{}", first, last);
}

std::string power_text(double value) {
  if (std::isinf(value)) return "∞";
  const std::string text = ratio_text(value);
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  int exponent = 0;
  const char* const sign = text.data() + e + 1;  // always there, and "+" is not read
  std::from_chars(*sign == '+' ? sign + 1 : sign, text.data() + text.size(), exponent);
  std::string power = exponent < 0 ? "⁻" : "";
  for (char digit : std::to_string(std::abs(exponent))) power += digits[digit - '0'];
  return text.substr(0, e) + "·10" + power;
}

std::string percent_text(double share) { return std::isnan(share) ? "-" : fmt::format("{:.0f} %", 100 * share); }

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const long s = std::lround(seconds);
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string count_text(double count) { return std::isfinite(count) ? fmt::format("{:.0f}", count) : "-"; }

namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t display_columns(std::string_view text) {
  std::size_t count = 0;
  for (char c : text) count += starts_code_point(c);
  return count;
}

std::string fit(std::string_view text, std::size_t columns) {
  const std::size_t size = display_columns(text);
  if (size <= columns) return std::string(text) + std::string(columns - size, ' ');
  if (columns == 0) return {};
  std::string cut;
  std::size_t count = 0;
  for (char c : text) {
    count += starts_code_point(c);
    if (count == columns) break;
    cut += c;
  }
  return cut + "…";
}

std::string one_line(std::string_view text) {
  std::string line;
  for (char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (c == '\n')
      line += "\\n";
    else if (control)
      line += fmt::format("\\x{:02x}", static_cast<int>(c));
    else
      line += c;
  }
  return line;
}

std::string valid_utf8(const std::string& text) {
  using Json = nlohmann::json;
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace vanishing_attention
