#pragma once

#include <optional>

#include "corpus.hpp"
#include "model.hpp"
#include "results.hpp"

namespace vanishing_attention {

/// Returns true if a step is observed: the first one, the last one, and about ten at equal distances between them.
/// There the gradients of all layers are noted, the effect of clipping, and the loss on held-out text.
bool is_observed(int step, int steps);

/// Takes down the numbers of one run, step by step, without changing the training. Each step calls the three functions
/// in their order.
class RunNotes {
 public:
  /// Everything but `settings` and `clip` must outlive this object; the numbers go into `run`.
  RunNotes(const Settings& settings, const Model& model, const Corpus& corpus, ebb::nn::Clip clip, Run& run);

  void before_forward(int step, ebb::Tape<float>& tape);
  /// Throws ebb::Error, which names the parameter, if clipping is observed and a gradient is not finite.
  void before_update();
  /// `train_loss` is in nats, as cross_entropy gives it.
  void after_update(double train_loss, const ebb::nn::StepReport& report);

 private:
  const Model& model_;
  Run& run_;
  ebb::nn::ParameterList<float> parameters_;
  ebb::nn::Clip clip_;
  ebb::nn::Batch held_out_;
  int steps_;
  int step_ = 0;
  std::optional<ebb::nn::GradientFlow<float>> flow_;  ///< Present in an observed step.
};

/// Appends the gradients of a step to `gradients`: those of the inputs of the blocks, and those of the weights, taken
/// together by block and kind.
void append_gradients(const ebb::nn::GradientFlow<float>& flow, int step, std::vector<LayerGradient>& gradients);

/// Returns the attention weights of the first head in the first, the middle and the last block, for the first passage
/// of the held-out text.
std::vector<AttentionMap> attention_maps(const Model& model, const Corpus& corpus, int context);

}  // namespace vanishing_attention
