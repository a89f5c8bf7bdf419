#pragma once

#include <vector>

#include "../experiment/corpus.hpp"
#include "../experiment/results.hpp"
#include "unfinished.hpp"

namespace vanishing_attention {

/// Trains every variant from every seed and shows the progress. As many runs are trained at a time as there are
/// threads. Returns the runs in the order of the seeds, and for each seed in the order of the variants; their numbers
/// do not depend on the number of threads. After an interrupt, the runs are returned as far as they got.
/// Whatever is done is kept in `unfinished`, and what was done before is taken from there: runs that ended are not
/// trained again, and those under way go on. Throws ebb::Error for files there that are damaged.
std::vector<Run> train_all(const Settings& settings, const Corpus& corpus, const UnfinishedJob& unfinished = {});

/// Returns how long these runs took, trained as many at a time as there are threads. For a job that was resumed, whose
/// own time nobody measured as a whole.
double seconds_of(const std::vector<Run>& runs, const Settings& settings);

}  // namespace vanishing_attention
