#pragma once

#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// What the showcase claims, held against these runs. A claim about variants that were not run is left out.
std::vector<Verdict> judge(const Results& results);

}  // namespace vanishing_attention
