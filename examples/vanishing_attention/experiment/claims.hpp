#pragma once

#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// Returns the claims of the experiment, each checked on these results. A claim about variants that were not trained is
/// left out.
std::vector<Verdict> judge(const Results& results);

}  // namespace vanishing_attention
