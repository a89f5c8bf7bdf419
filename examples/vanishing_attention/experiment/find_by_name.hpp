#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace vanishing_attention {

/// Returns the entry of `table` whose member `name_of` is `name`. Throws std::invalid_argument, which lists the names
/// that there are, if there is no such entry; `kind` says there what the entries are ("variant").
template <class Entry>
const Entry& find_by_name(const char* kind, const std::vector<Entry>& table, const std::string& name,
                          std::string Entry::*name_of) {
  const auto found = std::ranges::find(table, name, name_of);
  if (found != table.end()) return *found;
  std::vector<std::string> known;
  for (const Entry& entry : table) known.push_back(entry.*name_of);
  throw std::invalid_argument(fmt::format("there is no {} '{}'; there is {}", kind, name, fmt::join(known, ", ")));
}

}  // namespace vanishing_attention
