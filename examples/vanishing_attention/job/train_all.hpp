#pragma once

#include <vector>

#include "../experiment/corpus.hpp"
#include "../experiment/results.hpp"

namespace vanishing_attention {

/// Trains every variant from every seed and shows the progress. As many runs are trained at a time as there are
/// threads. Returns the runs in the order of the seeds, and for each seed in the order of the variants; their numbers
/// do not depend on the number of threads. After an interrupt, the runs are returned as far as they got.
std::vector<Run> train_all(const Settings& settings, const Corpus& corpus);

}  // namespace vanishing_attention
