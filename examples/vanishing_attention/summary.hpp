#pragma once

#include "results.hpp"

// What the table, the pictures and the report tell about several seeds at once.
namespace vanishing_attention {

/// Several seeds' values of one quantity; those that were not measured are left out.
struct Spread {
  double mean = not_measured;
  double deviation = not_measured;  // sample standard deviation; not measured below two values
  double low = not_measured, high = not_measured;
  int count = 0;
};

Spread spread(const std::vector<double>& values);
/// The same, with the geometric mean; the deviation stays not measured.
Spread geometric_spread(const std::vector<double>& values);

/// Where along training the gradients were looked into: the first such step, or the last.
enum class Moment { start, end };
constexpr Moment moments[] = {Moment::start, Moment::end};
const char* name_of(Moment moment);

/// A quantity over steps or layers.
struct Curve {
  std::vector<int> x;
  std::vector<Spread> y;
};

Curve held_out_curve(const Results& results, const std::string& variant);
/// The batches' losses are noisy: averaged over windows of a sixtieth of the steps, at the windows' last steps.
Curve train_curve(const Results& results, const std::string& variant);
/// Losses above this, one bit above that of guessing blindly, are left out of view: a run that blew up must not flatten
/// the others.
double highest_shown_loss(const Results& results);
/// Gradient norm, or another norm, by layer. A run that diverged has no end.
Curve gradient_curve(const Results& results, const std::string& variant, const std::string& kind, Moment moment,
                     double LayerGradient::*norm = &LayerGradient::gradient_norm);

/// Gradient norm at the first block over that at the last: one run's, and the geometric mean over seeds.
double gradient_ratio(const Results& results, const Run& run, const std::string& kind, Moment moment);
double gradient_ratio(const Results& results, const std::string& variant, const std::string& kind, Moment moment);

constexpr const char* block_input = "block input";
/// The kinds of weight that occur, in a fixed order.
std::vector<std::string> weight_kinds(const Results& results);

/// What became of a gradient on its way from the last block to the first.
constexpr double vanished_below = 1e-3, kept_from = 0.1, kept_to = 10;
inline bool has_vanished(double ratio) { return ratio < vanished_below; }
inline bool is_kept(double ratio) { return ratio >= kept_from && ratio <= kept_to; }

/// Relative, for a loss that is still as good as the unigram entropy.
constexpr double near_unigram = 0.05;
inline bool is_near_unigram(double loss, const Baselines& baselines) {
  return std::abs(loss / baselines.unigram - 1) <= near_unigram;
}

/// The largest attention weight, as a multiple of what it would be if its position looked at all of its past alike.
double largest_share(const AttentionMap& map);
/// The run whose maps stand for a variant: the first that has some.
const Run* run_with_maps(const Results& results, const std::string& variant);

/// Whether the variant differs by clipping alone from one that was trained to the end, too.
bool repeats_base(const Results& results, const Variant& variant);

/// One line of the closing table.
struct VariantSummary {
  Variant variant;
  Spread train_loss;     // mean of the last tenth of the steps
  Spread held_out_loss;  // as last measured
  double ratio_start = not_measured, ratio_end = not_measured;
  double clipped_share = not_measured;  // of all steps
  double tokens_per_second = not_measured;
  int runs = 0, finished = 0;
  int diverged = 0;                           // of the runs; they have no final losses
  int diverged_first = 0, diverged_last = 0;  // at which steps
};

VariantSummary summarise(const Results& results, const Variant& variant);
std::vector<VariantSummary> summarise(const Results& results);

}  // namespace vanishing_attention
