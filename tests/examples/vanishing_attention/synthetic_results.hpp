#pragma once

#include <experiment/results.hpp>

namespace ebb_test {

/// Results as a small run could leave them, with what is hard to show: NaN, ratios of 1e-30, a gradient of zero, names
/// with quotes, tags and letters beyond ASCII, a byte that is no UTF-8.
vanishing_attention::Results synthetic_results();

/// Returns the results with all runs of one variant diverged: the first seed at step 12, each further one a step later.
vanishing_attention::Results diverged(vanishing_attention::Results results, const std::string& variant);

}  // namespace ebb_test
