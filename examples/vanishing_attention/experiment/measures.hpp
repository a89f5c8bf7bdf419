#pragma once

#include <cmath>

#include "results.hpp"

// The numbers that the claims are about, and where the experiment draws its lines.
namespace vanishing_attention {

/// The first or the last observed step of a training run.
enum class Moment { start, end };
constexpr Moment moments[] = {Moment::start, Moment::end};
/// Returns "start" or "end".
const char* name_of(Moment moment);

/// Returns true if a gradient that was not finite ended the run.
inline bool has_diverged(const Run& run) { return !run.error.empty(); }

/// Returns the observed step at this moment; -1 for the end of a run that diverged, which has none.
int step_at(const Run& run, Moment moment);

/// Computes the gradient norm at the first block over that at the last block, in a stack of `depth` blocks; not
/// measured (NaN) if one of the two is missing.
double gradient_ratio(const Run& run, int depth, const std::string& kind, Moment moment);

/// The bounds of a gradient ratio that has vanished, and of one that has kept its size.
constexpr double vanished_below = 1e-3, kept_from = 0.1, kept_to = 10;
inline bool has_vanished(double ratio) { return ratio < vanished_below; }
inline bool is_kept(double ratio) { return ratio >= kept_from && ratio <= kept_to; }

/// The largest relative distance of a loss from the unigram entropy at which the two count as equal.
constexpr double near_unigram = 0.05;
inline bool is_near_unigram(double loss, const Baselines& baselines) {
  return std::abs(loss / baselines.unigram - 1) <= near_unigram;
}

}  // namespace vanishing_attention
