#pragma once

#include <vector>

#include "corpus.hpp"
#include "results.hpp"

namespace vanishing_attention {

/// Trains every variant from every seed, as many at a time as there are threads to use, showing progress meanwhile.
/// Runs come back in the order of the seeds and variants, and do not depend on the number of threads. Ends early after
/// an interrupt.
std::vector<Run> train_all(const Settings& settings, const Corpus& corpus);

}  // namespace vanishing_attention
