#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "settings.hpp"

// The results of the experiment as plain data: the training fills them in, and the report only reads them. Losses are
// in bits per character throughout.
namespace vanishing_attention {

constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// One training step.
struct StepMetrics {
  int step = 0;
  double train_loss = not_measured;
  double held_out_loss = not_measured;  ///< Measured at the observed steps only.
  double gradient_norm = not_measured;  ///< Before clipping.
  double clipped_norm = not_measured;   ///< After clipping.
  bool clipped = false;                 ///< True if clipping changed the gradient.
  double learning_rate = 0;

  /// The numbers in the order in which a file holds them; so below.
  static auto numbers(auto& self) {
    return std::tie(self.step, self.train_loss, self.held_out_loss, self.gradient_norm, self.clipped_norm, self.clipped,
                    self.learning_rate);
  }
};

/// The kind of a LayerGradient that is taken at the input of a block.
constexpr const char* block_input = "block input";

/// The gradient at one layer, at one of the observed steps.
struct LayerGradient {
  int step = 0;
  int layer = 0;  ///< The block, from 0, which follows the embedding; `depth` stands for the output of the last block.
  /// "block input": the gradient of the loss with respect to the block's input. Otherwise a kind of weight, whose
  /// gradients are taken together: "query/key", "value/output", "feed-forward", "norm", "bias".
  std::string kind;
  double gradient_norm = not_measured;
  double activation_norm = not_measured;  ///< The norm of the block's input, or of the weights.
  double update_ratio = not_measured;     ///< |change of the weights by the step| / |weights|

  static auto numbers(auto& self) {
    return std::tie(self.step, self.layer, self.gradient_norm, self.activation_norm, self.update_ratio);
  }
};

/// The attention weights of one head for one held-out passage.
struct AttentionMap {
  int layer = 0;
  int head = 0;
  int size = 0;                     ///< The number of queries, and of keys.
  std::vector<float> weights;       ///< [query, key], row-major.
  std::vector<std::string> tokens;  ///< The passage's characters, printable.

  static auto numbers(auto& self) { return std::tie(self.layer, self.head, self.size); }
};

/// The gradients of one step after clipping, compared with those before it.
struct ClippingEffect {
  int step = 0;
  bool changed = false;
  double ratio_change = 0;       ///< The largest relative change of a weight's share in the norm of the whole gradient.
  double largest_growth = 0;     ///< The largest growth of the absolute value of an element.
  double cosine = not_measured;  ///< Of the angle between the whole gradient before and after.

  static auto numbers(auto& self) {
    return std::tie(self.step, self.changed, self.ratio_change, self.largest_growth, self.cosine);
  }
};

/// One variant trained from one seed.
struct Run {
  std::string variant;
  std::uint64_t seed = 0;
  std::vector<StepMetrics> steps;
  std::vector<LayerGradient> gradients;
  std::vector<ClippingEffect> clipping;
  std::vector<AttentionMap> attention;  ///< After training.
  double seconds = 0;                   ///< Spent on training.
  double tokens_per_second = not_measured;
  bool finished = false;  ///< False if the run was interrupted, or stopped by an error.
  std::string error;      ///< Says which gradient was not finite, if one was.
};

/// The losses of two models that need no attention, counted on the training text and scored on the held-out text.
struct Baselines {
  double unigram = not_measured;
  double bigram = not_measured;
};

/// A claim of the experiment, and whether these runs bear it out.
struct Verdict {
  std::string claim;
  std::string expected;
  std::string observed;
  bool holds = false;
};

struct Results {
  Settings settings;
  std::vector<Variant> variants;  ///< In the order of `settings.variants`.
  std::string text_name;
  std::size_t train_characters = 0, held_out_characters = 0, distinct_characters = 0;
  std::size_t parameters = 0;  ///< The number of learnt numbers in one model.
  Baselines baselines;
  std::vector<Run> runs;
  std::vector<Verdict> verdicts;
  bool default_settings = false;  ///< If so, a verdict that does not hold is an error.
  bool interrupted = false;
  /// Spent on training; of a job that was resumed, the share of each of the runs side by side in their time.
  double seconds = 0;
};

}  // namespace vanishing_attention
