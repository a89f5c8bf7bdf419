// Where the gradient ebbs away: GradientFlow watches a training step, and tells the gradient at the input of each block
// and at each weight. In a deep stack without residual sums it vanishes on its way to the first block.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

constexpr int depth = 8;
constexpr ebb::Index width = 16;

struct Stack {
  Stack(nn::TransformerBlockOptions options, ebb::Generator& random) {
    for (int i = 0; i < depth; ++i) blocks.emplace_back(width, 2, random, options);
  }
  Tensor operator()(const Tensor& x) const { return call(*this, blocks, x); }
  void visit(auto& field) const { field("blocks", blocks); }
  std::vector<nn::TransformerBlock<float>> blocks;
};

/// The norm of the gradient at the first block's input over that at the last's.
double first_over_last(nn::TransformerBlockOptions options) {
  ebb::Generator random(1);
  const Stack stack(options, random);
  const Tensor x = ebb::normal<float>({4, 10, width}, random.next());

  ebb::Tape tape;
  const nn::GradientFlow flow(tape, stack);               // the one line, before the forward pass
  tape.backward(mean(square(stack(tape.watch(x)) - 1)));  // a constant has no gradient; an embedding's result has
  for (const auto& block : flow.blocks())
    std::printf("%s: gradient %.1e, activation %.1e\n", block.scope.c_str(), block.gradient_norm,
                block.activation_norm);
  // flow.table() has all that, and gradients, weights and updates by kind: attention, feed-forward, norms, biases.
  return flow.blocks().front().gradient_norm / flow.blocks().back().gradient_norm;
}

}  // namespace

int main() {
  const nn::Init small = nn::Init::normal(0.1);
  const double bare = first_over_last({.residual = false, .norm = nn::Norm::none, .init = small});
  const double residual = first_over_last({.residual = true, .norm = nn::Norm::pre, .init = small});
  std::printf("gradient, first block over last: bare %.1e, residual with norm %.2f\n", bare, residual);
  claim(bare < 1e-4, "in the bare stack next to nothing arrives");
  claim(residual > 0.3, "residual sums and norms keep the gradient");
}
