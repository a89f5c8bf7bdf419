#pragma once

#include <experiment/results.hpp>

namespace ebb_test {

/// Results as a small run could leave them, with what is hard to show: NaN, ratios of 1e-30, a gradient of zero, names
/// with quotes, tags and letters beyond ASCII, a byte that is no UTF-8.
vanishing_attention::Results synthetic_results();

/// The same after the runs of one variant have diverged, one step later from seed to seed, the first at step 12.
vanishing_attention::Results diverged(vanishing_attention::Results results, const std::string& variant);

}  // namespace ebb_test
