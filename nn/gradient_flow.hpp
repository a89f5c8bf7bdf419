#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../autograd/tape.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// What a parameter is for, read off its path and those of its neighbours.
enum class ParameterKind { query_key, value_output, feed_forward, norm, bias, embedding, other };
/// "query/key", "value/output", "feed-forward", ...
const char* to_string(ParameterKind kind);

/// At the input of one block.
struct BlockFlow {
  std::string scope;           ///< Where it was announced ("blocks.3").
  double activation_norm = 0;  ///< Of the input.
  double gradient_norm = 0;    ///< Of the loss's gradient there; 0 before the backward walk, NaN at a constant.
};

/// At one parameter, or at several taken together.
struct WeightFlow {
  double gradient_norm = 0;  ///< Of the gradient that this tape gave, before clipping.
  double weight_norm = 0;    ///< Before the step.
  double update_norm = 0;    ///< Of what the step changed; 0 before it.
  /// |change| / |weight before|; NaN for weights that were all zero.
  double update_ratio() const;
};

struct ParameterFlow : WeightFlow {
  std::string name;
  int block = -1;  ///< Whose scope its name begins with; -1 if none.
  ParameterKind kind = ParameterKind::other;
};

/// The parameters of one kind in one block (outside all blocks: -1), taken together.
struct KindFlow : WeightFlow {
  int block = -1;
  ParameterKind kind = ParameterKind::other;
};

/// Watches an ordinary step: where the gradient of the loss ebbs away, and what reaches the weights.
///
///     ebb::Tape<float> tape;
///     ebb::nn::GradientFlow flow(tape, model);  // the one line, before the forward pass
///     auto loss = cross_entropy(model(inputs), targets);
///     tape.backward(loss);
///     optimizer.step();
///     for (const auto& block : flow.blocks()) std::cout << block.scope << ": " << block.gradient_norm << '\n';
///
/// Blocks are the inputs that layers announce (TransformerBlock does), inside a checkpoint too. It holds the weights as
/// they were, so that a step under watch copies each parameter once.
template <class T>
class GradientFlow {
 public:
  /// Throws Error if `tape` is not the one that is recording.
  template <class Model>
  GradientFlow(Tape<T>& tape, const Model& model) : GradientFlow(tape, nn::parameters<T>(model)) {}
  GradientFlow(Tape<T>& tape, ParameterList<T> parameters);

  /// In the order in which they were announced.
  const std::vector<BlockFlow>& blocks() const { return seen_->blocks; }
  /// In the order of the model's parameters, all of them.
  std::vector<ParameterFlow> parameters() const;
  /// By block, those outside first, and kind.
  std::vector<KindFlow> kinds() const;
  /// Two tables: the blocks, and for each block and kind the gradient norm, weight norm and update ratio.
  std::string table() const;

 private:
  /// The tape's observer, which may outlive this object. The tape owns it, so that hooks of that tape may refer to it.
  struct Seen : Observer<T> {
    explicit Seen(Tape<T>& watched) : tape(watched) {}
    void announced(const std::string& scope, const Tensor<T>& x) override;
    std::size_t place_of(const std::string& scope);

    Tape<T>& tape;
    std::vector<BlockFlow> blocks;
    std::vector<double> gradient_norms;  // by parameter
    std::vector<std::size_t> awaited;    // blocks inside checkpoints, until the walk runs those anew
  };

  int block_of(const std::string& parameter) const;

  ParameterList<T> parameters_;
  std::vector<Tensor<T>> values_before_;
  std::shared_ptr<Seen> seen_;
};

extern template class GradientFlow<float>;
extern template class GradientFlow<double>;

}  // namespace nn
}  // namespace ebb
