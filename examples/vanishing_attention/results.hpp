#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

// What the main job finds out, as plain data: training fills it in, and the table, the files, the pictures and the
// report only read it.
namespace vanishing_attention {

constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

/// One way to build and train the stack.
struct Variant {
  std::string name;         // "pre-norm": as --variants takes it
  std::string description;  // "residual connections, layer norm before each sublayer"
  std::string base = {};    // the variant it differs from by clipping alone ("bare"); empty: none
};

/// What the user asked for, defaults filled in.
struct Settings {
  std::string text;  // a file; empty: the licence texts of the system
  std::vector<std::string> variants;
  int depth = 12;
  int width = 32;
  int heads = 4;
  int context = 32;
  int batch = 8;
  int steps = 600;
  double learning_rate = 0.2;
  std::string optimizer = "sgd";
  std::string clip;  // "norm:1.0", "value:0.5", "none"; empty: each variant's own
  std::string init = "fan-in";
  int seeds = 6;
  int threads = 2;
  std::string out;
  bool quiet = false;

  bool operator==(const Settings&) const = default;
};

/// One training step. Losses in bits per character.
struct StepMetrics {
  int step = 0;
  double train_loss = not_measured;
  double held_out_loss = not_measured;  // measured at some of the steps
  double gradient_norm = not_measured;  // before clipping
  double clipped_norm = not_measured;   // after it
  bool clipped = false;                 // whether clipping changed anything
  double learning_rate = 0;
};

/// The gradient at one layer, at one of the steps that were looked into. Kind "block input" is the gradient of the loss
/// with respect to the block's input; the others are weights: "query/key", "value/output", "feed-forward", "norm",
/// "bias".
struct LayerGradient {
  int step = 0;
  int layer = 0;  // from 0, the block next to the embedding; `depth` stands for what follows the last block
  std::string kind;
  double gradient_norm = not_measured;
  double activation_norm = not_measured;  // of the block's input; for weights: the norm of the weights
  double update_ratio = not_measured;     // norm of the step's change over that of the weights
};

/// Attention weights of one head for one held-out passage, queries by keys, row-major.
struct AttentionMap {
  int layer = 0;
  int head = 0;
  int size = 0;  // queries and keys
  std::vector<float> weights;
  std::vector<std::string> tokens;  // the passage's characters, printable
};

/// What clipping did to the gradients of one step, compared with what they were.
struct ClippingEffect {
  int step = 0;
  bool changed = false;
  double ratio_change = 0;    // of a weight's share in the whole gradient, relative, the largest of all weights
  double largest_growth = 0;  // of an element's size
  double cosine = not_measured;
};

/// One variant trained from one seed.
struct Run {
  std::string variant;
  std::uint64_t seed = 0;
  std::vector<StepMetrics> steps;
  std::vector<LayerGradient> gradients;
  std::vector<ClippingEffect> clipping;
  std::vector<AttentionMap> attention;  // after training
  double tokens_per_second = not_measured;
  bool finished = false;  // false: interrupted, or stopped by an error
  std::string error;
};

/// What needs no attention, counted on the train part and scored on the held-out part, in bits per character.
struct Baselines {
  double unigram = not_measured;
  double bigram = not_measured;
};

/// A claim of the showcase, and whether this run bears it out.
struct Verdict {
  std::string claim;
  std::string expected;
  std::string observed;
  bool holds = false;
};

struct Results {
  Settings settings;
  std::vector<Variant> variants;  // in the order of settings.variants
  std::string text_name;
  std::size_t train_characters = 0, held_out_characters = 0, distinct_characters = 0;
  std::size_t parameters = 0;  // of one model
  Baselines baselines;
  std::vector<Run> runs;
  std::vector<Verdict> verdicts;
  bool default_settings = false;  // then a verdict that does not hold fails the job
  bool interrupted = false;
  double seconds = 0;
};

}  // namespace vanishing_attention
