#include "source.hpp"

#include <algorithm>
#include <sstream>

#include "programs.hpp"

namespace step {

namespace {

const std::vector<std::string>& all_lines() {
  static const std::vector<std::string> lines = [] {
    std::vector<std::string> read;
    std::istringstream text(source_text);
    for (std::string line; std::getline(text, line);) read.push_back(line);
    return read;
  }();
  return lines;
}

bool holds(std::size_t line) { return line >= 1 && line <= all_lines().size(); }

}  // namespace

std::string source_line(int line) {
  if (line < 1 || !holds(static_cast<std::size_t>(line))) return {};
  const std::string& text = all_lines()[static_cast<std::size_t>(line) - 1];
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

std::vector<std::string> source_around(int line) {
  const auto& lines = all_lines();
  if (line < 1 || !holds(static_cast<std::size_t>(line))) return {};
  const auto here = lines.begin() + line - 1;
  const auto blank = std::find(std::make_reverse_iterator(here), lines.rend(), "");
  const auto brace = std::find(here, lines.end(), "}");
  return {blank.base(), brace == lines.end() ? brace : brace + 1};
}

}  // namespace step
