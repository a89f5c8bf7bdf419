// Checkpoints: less memory for the same gradient. A block inside `checkpoint` keeps its input alone; the walk computes
// the block anew when it gets there.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

struct Stack {
  explicit Stack(ebb::Generator& random) {
    for (int i = 0; i < 8; ++i) blocks.emplace_back(32, 4, random);
  }
  Tensor operator()(Tensor x, bool checkpoints) const {
    for (const auto& block : blocks)
      x = checkpoints ? ebb::checkpoint([&block](const Tensor& h) { return block(h); }, x) : block(x);
    return x;
  }
  void visit(auto& field) const { field("blocks", blocks); }
  std::vector<nn::TransformerBlock<float>> blocks;
};

struct Walk {
  Tensor gradient;  // of the first weight
  std::size_t peak_memory;
};

Walk walk(const Stack& stack, const Tensor& x, bool checkpoints) {
  const std::size_t before = ebb::memory_statistics().in_use;
  ebb::reset_peak_memory();
  ebb::Tape tape;
  tape.backward(mean(square(stack(x, checkpoints))));
  const Walk result = {nn::parameters(stack)["blocks.0.attention.query.weight"].gradient(),
                       ebb::memory_statistics().peak_in_use - before};
  nn::parameters(stack).clear_gradients();
  return result;
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const Stack stack(random);
  const Tensor x = ebb::normal<float>({8, 32, 32}, random.next());

  const Walk plain = walk(stack, x, false), saving = walk(stack, x, true);
  std::printf("peak: %zu KiB without checkpoints, %zu KiB with\n", plain.peak_memory / 1024, saving.peak_memory / 1024);
  claim(saving.peak_memory < plain.peak_memory / 2, "checkpoints halve the memory, or better");
  claim(saving.gradient.to_vector() == plain.gradient.to_vector(), "the gradient is the same, bit for bit");
}
