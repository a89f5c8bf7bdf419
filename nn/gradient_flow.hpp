#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "../autograd/tape.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The role of a parameter, read off its path and the paths of its neighbours.
enum class ParameterKind { query_key, value_output, feed_forward, norm, bias, embedding, other };
/// "query/key", "value/output", "feed-forward", ...
const char* to_string(ParameterKind kind);

/// The gradient and the activation at the input of one block.
struct BlockFlow {
  std::string scope;           ///< The scope of the block ("blocks.3").
  double activation_norm = 0;  ///< Of the input.
  double gradient_norm = 0;    ///< Of the loss's gradient there; 0 before the backward walk, NaN at a constant.
};

/// The gradient, the weight and its update at one parameter, or at several taken together.
struct WeightFlow {
  double gradient_norm = 0;  ///< Of the gradient from this tape, before clipping.
  double weight_norm = 0;    ///< Before the step.
  double update_norm = 0;    ///< Of the change that the step made; 0 before it.
  /// |change| / |weight before|; NaN for weights that were all zero.
  double update_ratio() const;
};

struct ParameterFlow : WeightFlow {
  std::string name;
  int block = -1;  ///< The number of the block that it belongs to; -1 if none.
  ParameterKind kind = ParameterKind::other;
};

/// The parameters of one kind in one block (outside all blocks: -1), taken together.
struct KindFlow : WeightFlow {
  int block = -1;
  ParameterKind kind = ParameterKind::other;
};

std::ostream& operator<<(std::ostream& out, ParameterKind kind);
/// "blocks.3: gradient 0.0125, activation 8.5": norms.
std::string to_string(const BlockFlow& flow);
std::ostream& operator<<(std::ostream& out, const BlockFlow& flow);
/// "gradient 0.0125, weight 8.5, update 0.001": norms; the other two say before that what they are of.
std::string to_string(const WeightFlow& flow);
std::ostream& operator<<(std::ostream& out, const WeightFlow& flow);
std::string to_string(const ParameterFlow& flow);
std::ostream& operator<<(std::ostream& out, const ParameterFlow& flow);
std::string to_string(const KindFlow& flow);
std::ostream& operator<<(std::ostream& out, const KindFlow& flow);

/// Watches a training step: tells the gradient of the loss at the input of each block and at each weight, and so shows
/// where it ebbs away.
///
///     ebb::Tape<float> tape;
///     ebb::nn::GradientFlow flow(tape, model);  // the one line, before the forward pass
///     auto loss = cross_entropy(model(inputs), targets);
///     tape.backward(loss);
///     optimizer.step();
///     for (const auto& block : flow.blocks()) std::cout << block.scope << ": " << block.gradient_norm << '\n';
///
/// A block is a layer that announces its input, as TransformerBlock does, inside a checkpoint too. The weights before
/// the step are kept, so that the optimizer's step copies each parameter once.
template <class T>
class GradientFlow {
 public:
  /// Throws Error if `tape` is not the one that is recording.
  template <class Model>
  GradientFlow(Tape<T>& tape, const Model& model) : GradientFlow(tape, nn::parameters<T>(model)) {}
  GradientFlow(Tape<T>& tape, ParameterList<T> parameters);

  /// The blocks in the order in which they were announced.
  const std::vector<BlockFlow>& blocks() const { return seen_->blocks; }
  /// All parameters, in the order of the model.
  std::vector<ParameterFlow> parameters() const;
  /// Sums by block and kind; the parameters outside all blocks come first.
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

  ParameterList<T> parameters_;
  std::vector<Tensor<T>> values_before_;
  std::shared_ptr<Seen> seen_;
};

/// Writes the tables.
template <class T>
std::ostream& operator<<(std::ostream& out, const GradientFlow<T>& flow);

extern template class GradientFlow<float>;
extern template class GradientFlow<double>;

}  // namespace nn
}  // namespace ebb
