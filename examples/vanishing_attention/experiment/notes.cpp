#include "notes.hpp"

#include <algorithm>
#include <numbers>
#include <span>

#include "clipping_effect.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;
using ebb::Index;
using ebb::IntArray;

namespace {

constexpr int observations = 10;       // of a run, after the first step
constexpr int held_out_passages = 64;  // for a loss on held-out text

double bits(double nats) { return nats / std::numbers::ln2; }

/// Returns `count` passages of a text, spread evenly from its beginning to its end. The targets are the characters that
/// follow.
nn::Batch even_passages(const std::vector<std::int32_t>& text, int context, int count) {
  const auto length = static_cast<std::size_t>(context), last = text.size() - length - 1;
  std::vector<std::int32_t> inputs, targets;
  for (int i = 0; i < count; ++i) {
    const std::size_t start = count > 1 ? last * static_cast<std::size_t>(i) / static_cast<std::size_t>(count - 1) : 0;
    for (std::size_t k = start; k < start + length; ++k) {
      inputs.push_back(text[k]);
      targets.push_back(text[k + 1]);
    }
  }
  const ebb::Shape shape{count, context};
  return {IntArray(shape, std::span<const std::int32_t>(inputs)),
          IntArray(shape, std::span<const std::int32_t>(targets))};
}

}  // namespace

bool is_observed(int step, int steps) { return step % std::max(1, steps / observations) == 0 || step == steps - 1; }

RunNotes::RunNotes(const Settings& settings, const Model& model, const Corpus& corpus, nn::Clip clip, Run& run)
    : model_(model),
      run_(run),
      parameters_(nn::parameters(model)),
      clip_(clip),
      held_out_(even_passages(corpus.held_out, settings.context, held_out_passages)),
      steps_(settings.steps) {}

void RunNotes::before_forward(int step, ebb::Tape<float>& tape) {
  step_ = step;
  flow_.reset();
  if (is_observed(step, steps_)) flow_.emplace(tape, model_);
}

void RunNotes::before_update() {
  if (flow_ && clip_.kind != nn::Clip::Kind::none) run_.clipping.push_back(clipping_effect(step_, parameters_, clip_));
}

void RunNotes::after_update(double train_loss, const nn::StepReport& report) {
  StepMetrics metrics{.step = step_,
                      .train_loss = bits(train_loss),
                      .gradient_norm = report.norm_before,
                      .clipped_norm = report.norm_after,
                      .clipped = report.clipped(),
                      .learning_rate = report.learning_rate};
  if (flow_) {
    append_gradients(*flow_, step_, run_.gradients);
    metrics.held_out_loss = bits(ebb::cross_entropy(model_(held_out_.inputs), held_out_.targets).item());
  }
  run_.steps.push_back(metrics);
}

void append_gradients(const nn::GradientFlow<float>& flow, int step, std::vector<LayerGradient>& gradients) {
  int layer = 0;
  for (const nn::BlockFlow& block : flow.blocks())
    gradients.push_back({step, layer++, block_input, block.gradient_norm, block.activation_norm, not_measured});
  for (const nn::KindFlow& weights : flow.kinds())
    if (weights.block >= 0)  // the embedding and the output layer are outside all blocks
      gradients.push_back({step, weights.block, to_string(weights.kind), weights.gradient_norm, weights.weight_norm,
                           weights.update_ratio()});
}

std::vector<AttentionMap> attention_maps(const Model& model, const Corpus& corpus, int context) {
  const IntArray ids = even_passages(corpus.held_out, context, 1).inputs;
  const int depth = static_cast<int>(model.blocks.size());
  std::vector<std::string> tokens;
  for (std::int32_t id : ids.values()) tokens.push_back(corpus.characters[static_cast<std::size_t>(id)]);
  std::vector<AttentionMap> maps;
  auto x = model.positions(model.characters(ids));
  for (int layer = 0; layer < depth; ++layer) {
    const auto& block = model.blocks[static_cast<std::size_t>(layer)];
    if (layer == 0 || layer == depth / 2 || layer == depth - 1) {
      const std::vector<float> weights = block.attention_weights(x).to_vector();  // [1, heads, context, context]
      maps.push_back({layer, 0, context, {weights.begin(), weights.begin() + Index{context} * context}, tokens});
    }
    x = block(x);
  }
  return maps;
}

}  // namespace vanishing_attention
