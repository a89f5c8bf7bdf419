// A small transformer learns to write six digits backwards. Nothing but attention moves anything from one position to
// another, so it must learn where to look: position 0 at position 5, position 1 at position 4, and so on. Two blocks,
// each x + attention(norm(x)), then x + feed_forward(norm(x)). The residual sums and the norms keep the gradient from
// ebbing away, and the table shows that it reaches both blocks.

#include <cstdio>
#include <ebb/ebb.hpp>
#include <vector>

namespace {

using Tensor = ebb::Tensor<double>;

constexpr ebb::Index length = 6, digits = 10, width = 32;

struct Model {
  explicit Model(ebb::Generator& random)
      : embedding(digits, width, random), positions(length, width, random), norm(width), head(width, digits, random) {
    for (int i = 0; i < 2; ++i) blocks.emplace_back(width, 1, random);
  }

  /// The logits of each digit at each position: [batch, length] -> [batch, length, digits].
  Tensor operator()(const ebb::IntArray& ids) const {
    const Tensor x = call(*this, positions, call(*this, embedding, ids));
    return call(*this, head, call(*this, norm, call(*this, blocks, x)));
  }
  void visit(auto& field) const {
    field("embedding", embedding), field("positions", positions), field("blocks", blocks);
    field("norm", norm), field("head", head);
  }

  ebb::nn::Embedding<double> embedding;
  ebb::nn::LearnedPositions<double> positions;
  std::vector<ebb::nn::TransformerBlock<double>> blocks;
  ebb::nn::LayerNorm<double> norm;
  ebb::nn::Linear<double> head;
};

ebb::IntArray reversed(const ebb::IntArray& x) {
  ebb::IntArray y(x.shape());
  for (ebb::Index i = 0; i < x.size(); ++i)
    y.mutable_data()[i] = x.data()[i / length * length + length - 1 - i % length];
  return y;
}

/// The share of digits that the model puts in the right place.
double accuracy(const Model& model, const ebb::IntArray& x) {
  const ebb::IntArray guess = argmax(model(x)), y = reversed(x);
  double right = 0;
  for (ebb::Index i = 0; i < y.size(); ++i) right += guess.data()[i] == y.data()[i];
  return right / static_cast<double>(y.size());
}

}  // namespace

int main() {
  ebb::Generator random(8);
  const Model model(random);
  ebb::nn::AdamW optimizer(ebb::nn::parameters<double>(model), {.lr = 3e-3, .clip = ebb::nn::clip_by_norm(1.0)});
  const ebb::IntArray unseen = ebb::uniform_integers({200, length}, random.next(), 0, digits);

  std::printf("                              gradient at the input of\n");
  std::printf("step   loss  right of unseen  block 0   block 1\n");
  for (int step = 0; step <= 80; ++step) {
    const ebb::IntArray x = ebb::uniform_integers({32, length}, random.next(), 0, digits);
    ebb::Tape<double> tape;
    const ebb::nn::GradientFlow<double> flow(tape, model);  // notes the gradient where each block begins
    const Tensor loss = cross_entropy(model(x), reversed(x));
    tape.backward(loss);
    optimizer.step();
    if (step % 20 == 0)
      std::printf("%4d  %5.2f  %13.0f %%  %.1e   %.1e\n", step, loss.item(), 100 * accuracy(model, unseen),
                  flow.blocks()[0].gradient_norm, flow.blocks()[1].gradient_norm);
  }

  // The attention of the second block: a row for each position, the mean over the unseen sequences.
  const Tensor x = model.blocks[0](model.positions(model.embedding(unseen)));
  const Tensor weights = mean(model.blocks[1].attention_weights(x), 0);
  bool backwards = true;
  std::printf("\nweights of attention in block 1\n");
  for (ebb::Index i = 0; i < length; ++i) {
    for (ebb::Index j = 0; j < length; ++j) std::printf("  %.1f", weights.at({0, i, j}));
    std::printf("\n");
    backwards = backwards && weights.at({0, i, length - 1 - i}) > 0.5;
  }

  // The file keeps the weights after the program ends: any model of the same structure can load it, and so can Python.
  const char* file = "08_small_transformer.safetensors";
  save(file, ebb::nn::parameters<double>(model));
  const Model reader(random);
  std::printf("\nright of unseen: %.0f %% by a fresh model", 100 * accuracy(reader, unseen));
  load(file, ebb::nn::parameters<double>(reader));
  std::printf(", %.0f %% once it has loaded the file\n", 100 * accuracy(reader, unseen));
  return accuracy(reader, unseen) > 0.99 && backwards ? 0 : 1;
}

/* In the debugger: the path of a layer stops in all that runs there. The graph of a record shows where its gradient
comes from and where it goes: from the output's layer to query, key and value, and on to the block before.
(gdb) ebb break blocks.1.attention
(gdb) run
ebb: the value of linear in blocks.1.attention.query at 08_small_transformer.cpp:25
(gdb) ebb graph 54
#54 linear[] of #53 #20 #21 in blocks.1.attention.query at 08_small_transformer.cpp:25
  from  #53 layer_norm[32, 6, 32] of #52 #18 #19 in blocks.1.attention_norm at 08_small_transformer.cpp:25
  from  #20 parameter[32, 32] of blocks.1.attention.query.weight in blocks.1.attention.query at ...
  from  #21 parameter[32] of blocks.1.attention.query.bias in blocks.1.attention.query at ...
  into  nothing
(gdb) disable
(gdb) ebb break multi_head_attention
Will stop inside multi_head_attention, forward and backward.
(gdb) continue
ebb: the value of multi_head_attention in blocks.1.attention at 08_small_transformer.cpp:25
(gdb) continue
ebb: the derivative of #57 multi_head_attention in blocks.1.attention at 08_small_transformer.cpp:25
(gdb) ebb graph 57
#57 multi_head_attention[32, 6, 32] of #54 #55 #56 in blocks.1.attention at 08_small_transformer.cpp:25
  from  #54 linear[32, 6, 32] of #53 #20 #21 in blocks.1.attention.query at 08_small_transformer.cpp:25
  from  #55 linear[32, 6, 32] of #53 #22 #23 in blocks.1.attention.key at 08_small_transformer.cpp:25
  from  #56 linear[32, 6, 32] of #53 #24 #25 in blocks.1.attention.value at 08_small_transformer.cpp:25
  into  #58 linear[32, 6, 32] of #57 #26 #27 in blocks.1.attention.output at 08_small_transformer.cpp:25
(gdb) ebb grad 45
No gradient has flowed to #45 multi_head_attention yet: the walk stands at #57.
(gdb) continue
ebb: the derivative of #45 multi_head_attention in blocks.0.attention at 08_small_transformer.cpp:25
(gdb) ebb grad 45
gradient at #45 multi_head_attention, in the walk: [32, 6, 32] {{{...
*/

/* Output:
                              gradient at the input of
step   loss  right of unseen  block 0   block 1
   0   2.97             11 %  8.0e-02   6.4e-02
  20   1.60             51 %  6.6e-02   4.8e-02
  40   0.12            100 %  1.8e-02   1.2e-02
  60   0.02            100 %  3.0e-03   2.0e-03
  80   0.01            100 %  9.1e-04   6.4e-04

weights of attention in block 1
  0.0  0.0  0.0  0.0  0.0  1.0
  0.0  0.0  0.0  0.0  1.0  0.0
  0.0  0.0  0.0  1.0  0.0  0.0
  0.0  0.0  1.0  0.0  0.0  0.0
  0.0  1.0  0.0  0.0  0.0  0.0
  1.0  0.0  0.0  0.0  0.0  0.0

right of unseen: 11 % by a fresh model, 100 % once it has loaded the file
*/
