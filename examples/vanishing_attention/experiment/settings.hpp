#pragma once

#include <ebb/nn/init.hpp>
#include <ebb/nn/optimizer.hpp>
#include <ebb/nn/schedule.hpp>
#include <memory>
#include <string>
#include <vector>

#include "variants.hpp"

namespace vanishing_attention {

/// Everything that the user may choose, with its default. job/options.cpp describes each field to the user.
struct Settings {
  std::string text;                   ///< The path of the file to learn; empty: the system's licence texts.
  std::vector<std::string> variants;  ///< Names.
  int depth = 12;                     ///< Blocks in the stack.
  int width = 32;                     ///< Features of each position.
  int heads = 4;
  int context = 32;    ///< The length of a passage, in characters.
  int batch_size = 8;  ///< Passages in a step.
  int steps = 600;
  double learning_rate = 0.2;  ///< The highest one of the schedule.
  std::string optimizer = "sgd";
  std::string clip;  ///< "norm:1.0", "value:0.5" or "none", for all variants; empty: each variant's own.
  std::string init = "fan-in";
  int seeds = 6;
  int threads = 2;
  std::string out;  ///< The folder to write results to; empty: none.
  bool quiet = false;
  bool resume = false;  ///< Goes on with the job in `out`, with the settings of that job.

  bool operator==(const Settings&) const = default;

  /// Shows each setting but `resume` to the visitor, under the name that it has in files: its option's, with
  /// underscores.
  static void visit(auto& self, auto&& field) {
    field("text", self.text), field("variants", self.variants), field("depth", self.depth);
    field("width", self.width), field("heads", self.heads), field("context", self.context);
    field("batch", self.batch_size), field("steps", self.steps), field("learning_rate", self.learning_rate);
    field("optimizer", self.optimizer), field("clip", self.clip), field("init", self.init);
    field("seeds", self.seeds), field("threads", self.threads), field("out", self.out), field("quiet", self.quiet);
  }
};

// The settings in the library's terms. Each function throws std::invalid_argument, which says what is allowed, for a
// word that it does not know.

/// Returns the clipping that a word stands for: "norm:1.0", "value:0.5" or "none".
ebb::nn::Clip parse_clip(const std::string& word);

/// Returns how a variant's gradients are clipped.
ebb::nn::Clip clip_of(const Settings& settings, const Variant& variant);

struct Initialization {
  ebb::nn::Init init;
  double output_scale = 1;  ///< The factor on the weights of the last layer of each branch.
};
/// Returns how the weights of a stack of this depth are drawn.
Initialization parse_init(const std::string& name, int depth);

std::unique_ptr<ebb::nn::Optimizer<float>> make_optimizer(const std::string& name,
                                                          ebb::nn::ParameterList<float> parameters,
                                                          double learning_rate, ebb::nn::Clip clip);

/// Returns the learning rate by step: a short linear warm-up, then half a cosine down to a tenth of the highest rate.
ebb::nn::Schedule learning_rate_schedule(const Settings& settings);

}  // namespace vanishing_attention
