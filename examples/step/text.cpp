#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace step {

std::size_t width_of(const Line& line) {
  std::size_t width = 0;
  for (const Span& span : line) width += span.text.size();
  return width;
}

Line fitted(Line line, std::size_t width) {
  std::size_t size = width_of(line);
  if (size <= width) {
    line.push_back({std::string(width - size, ' ')});
    return line;
  }
  const std::string_view dots = std::string_view("...").substr(0, width);
  while (size > width - dots.size()) {
    std::string& text = line.back().text;
    const std::size_t cut = std::min(text.size(), size - (width - dots.size()));
    text.resize(text.size() - cut);
    size -= cut;
    if (text.empty()) line.pop_back();
  }
  line.push_back({std::string(dots), Style::faint});
  return line;
}

std::string to_text(const Line& line, bool colour) {
  constexpr const char* codes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[33m"};
  std::string text;
  std::size_t end = 0;  // of what is no space
  for (const Span& span : line) {
    if (span.text.empty()) continue;
    const bool styled = colour && span.style != Style::plain;
    if (styled) text += codes[static_cast<std::size_t>(span.style)];
    text += span.text;
    if (span.text.find_last_not_of(' ') != std::string::npos)
      end = text.size() - span.text.size() + span.text.find_last_not_of(' ') + 1;
    if (styled) {
      text += "\x1b[0m";
      end = text.size();
    }
  }
  return text.substr(0, end);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  std::string margin;
  while (lines.empty() || !text.empty()) {
    const std::size_t room = width - margin.size();
    std::size_t cut = text.size();
    if (cut > room) {
      cut = text.rfind(' ', room);
      if (cut == std::string_view::npos || text.find_first_not_of(' ') > cut) cut = room;
    }
    lines.push_back(margin + std::string(text.substr(0, cut)));
    text.remove_prefix(cut);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    margin = std::string(std::min(indent, width - 1), ' ');
  }
  return lines;
}

std::string printable(std::string_view text) {
  std::string line(text);
  for (char& c : line)
    if (c < 0x20 || c > 0x7E) c = '?';
  return line;
}

std::string number_text(double x) { return fmt::format("{:.5g}", x); }

std::vector<std::string> rows_of(const Tensor& x) {
  if (x.rank() == 0) return {fmt::format("{: .5g}", x.item())};
  std::vector<double> values = x.to_vector();
  double largest = 0;
  for (double& value : values) {
    if (value == 0) value = 0;  // without the sign that a zero may have
    largest = std::max(largest, std::abs(value));
  }
  const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return std::trunc(v) == v; });
  const int magnitude = largest > 0 ? static_cast<int>(std::floor(std::log10(largest))) : 0;
  const int decimals = whole ? 0 : std::clamp(3 - magnitude, 0, 8);
  std::vector<std::string> cells;
  for (double value : values)
    cells.push_back(std::abs(magnitude) < 5 ? fmt::format("{:.{}f}", value, decimals) : fmt::format("{:.3e}", value));
  std::size_t width = 0;  // with a column for a sign, whether there is one or not
  for (const std::string& cell : cells) width = std::max(width, cell.size() + (cell[0] == '-' ? 0 : 1));

  const std::size_t columns = ebb::to_size(std::max<Index>(x.extent(-1), 1));
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i % columns == 0) rows.emplace_back();
    rows.back() += fmt::format("{}{:>{}}", i % columns == 0 ? "" : " ", cells[i], width);
  }
  return rows;
}

namespace {

std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  }
  return row.back();
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& words) {
  std::string best;
  std::size_t fewest = std::max<std::size_t>(word.size() / 2, 1) + 1;
  for (const std::string& each : words)
    if (const std::size_t changes = edits(word, each); changes < fewest) fewest = changes, best = each;
  return best;
}

}  // namespace step
