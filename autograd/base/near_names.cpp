#include "near_names.h"

#include <algorithm>
#include <utility>

namespace ebb {

namespace {

/// The number of letters to insert, drop, replace, or swap with the next, that lead from one word to the other
/// (Damerau 1964; no letter is changed twice).
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string near_names(std::string_view name, const std::vector<std::string_view>& names) {
  constexpr std::size_t most = 5, longest = 200;
  const std::string_view last_part = name.substr(name.rfind('.') + 1);
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (std::string_view candidate : names) {
    if (std::max(name.size(), candidate.size()) > longest) continue;
    const std::size_t edits = edits_between(name, candidate);
    if (edits <= name.size() / 3 || candidate.find(last_part) != candidate.npos) near.emplace_back(edits, candidate);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(near.size(), most); ++i)
    (text += i == 0 ? "; there are " : ", ") += near[i].second;
  return text;
}

}  // namespace ebb
