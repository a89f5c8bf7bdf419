#pragma once

#include "../experiment/measures.hpp"

// The results of several seeds taken together, as the table, the pictures and the page show them.
namespace vanishing_attention {

/// The values of one quantity for several seeds. Those that were not measured are left out.
struct Spread {
  double mean = not_measured;
  double deviation = not_measured;  ///< The sample standard deviation; not measured below two values.
  double low = not_measured, high = not_measured;
  int count = 0;
};

Spread spread(const std::vector<double>& values);
/// Computes a spread whose mean is the geometric one, and whose deviation is not measured.
Spread geometric_spread(const std::vector<double>& values);

/// A quantity over steps or layers.
struct Curve {
  std::vector<int> x;
  std::vector<Spread> y;
};

Curve held_out_curve(const Results& results, const std::string& variant);
/// Returns the training loss averaged over windows of a sixtieth of the steps, at the last step of each window: the
/// losses of single batches are noisy.
Curve train_curve(const Results& results, const std::string& variant);
/// Returns the loss above which a curve is cut off: one bit more than a blind guess has. Otherwise a run that diverged
/// would flatten all other curves.
double highest_shown_loss(const Results& results);
/// Returns the gradient norm, or another norm, by layer. A run that diverged has no values at the end.
Curve gradient_curve(const Results& results, const std::string& variant, const std::string& kind, Moment moment,
                     double LayerGradient::*norm = &LayerGradient::gradient_norm);

/// Computes the geometric mean over seeds of the gradient ratio of a variant.
double mean_gradient_ratio(const Results& results, const std::string& variant, const std::string& kind, Moment moment);

/// Returns the kinds of weight that occur in the results, in a fixed order.
std::vector<std::string> weight_kinds(const Results& results);

/// Computes the largest attention weight of a map, as a multiple of the weight that it would have if its query attended
/// to all keys up to its own position equally.
double largest_share(const AttentionMap& map);

/// Returns the first run of a variant that has attention maps; null if there is none.
const Run* run_with_maps(const Results& results, const std::string& variant);

/// Returns true if the variant differs by clipping alone from one that was trained to the end too, so that their curves
/// would hide each other.
bool repeats_base(const Results& results, const Variant& variant);

/// One line of the closing table.
struct VariantSummary {
  Variant variant;
  Spread train_loss;     ///< The mean over the last tenth of the steps.
  Spread held_out_loss;  ///< As last measured.
  double ratio_start = not_measured, ratio_end = not_measured;
  double clipped_share = not_measured;  ///< Of all steps.
  double tokens_per_second = not_measured;
  int runs = 0, finished = 0;
  int diverged = 0;                           ///< The number of runs that diverged; they have no final losses.
  int diverged_first = 0, diverged_last = 0;  ///< The smallest and the largest number of steps that these made.
};

VariantSummary summarise(const Results& results, const Variant& variant);
std::vector<VariantSummary> summarise(const Results& results);

}  // namespace vanishing_attention
