#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebb {

/// Those of the names that may have been meant by `name`, the nearest first, as the end of a message: "; there are a,
/// b". They differ from it by few letters, or have its last part in them. Empty if there are none.
std::string near_names(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace ebb
