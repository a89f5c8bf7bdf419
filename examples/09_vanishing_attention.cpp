// What lets a deep stack of self-attention learn? Twelve blocks learn to guess the next character of a text, and are
// built in three ways:
//
//     bare       attention, then a feed-forward network, block after block
//     residual   x + attention(x), then x + feed_forward(x)
//     pre-norm   x + attention(norm(x)), then x + feed_forward(norm(x))
//
// In the bare stack, the gradient of the loss has vanished before it reaches the first blocks. What it learns in the
// end is how frequent each character is: its loss stays at the entropy of these frequencies. The two others keep the
// gradient, and learn the text. examples/vanishing_attention/ is the whole experiment: a long text, more variants,
// clipping, and seeds.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>
#include <numbers>
#include <optional>
#include <string_view>
#include <vector>

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

constexpr int depth = 12, steps = 120, last_steps = 20;
constexpr ebb::Index width = 32, heads = 4, context = 16, passages = 8;
constexpr std::string_view text =
    "for want of a nail the shoe was lost. for want of a shoe the horse was lost. for want of a horse the rider was "
    "lost. "
    "for want of a rider the battle was lost. for want of a battle the kingdom was lost. and all for the want of a "
    "horseshoe nail. ";
constexpr ebb::Index vocabulary = 28;  // the letters, the blank and the full stop

struct Variant {
  const char* name;
  bool residual;
  nn::Norm norm;
};

struct Model {
  Model(const Variant& variant, ebb::Generator& random)
      : embedding(vocabulary, width, random), positions(context, width, random), head(width, vocabulary, random) {
    const nn::TransformerBlockOptions options{
        .causal = true, .residual = variant.residual, .norm = variant.norm, .init = nn::Init::normal(0.1)};
    for (int i = 0; i < depth; ++i) blocks.emplace_back(width, heads, random, options);
    if (variant.norm == nn::Norm::pre) norm.emplace(width);
  }

  /// The logits of the character that follows each position: [batch, context] -> [batch, context, vocabulary].
  Tensor operator()(const ebb::IntArray& ids) const {
    Tensor x = call(*this, blocks, call(*this, positions, call(*this, embedding, ids)));
    if (norm) x = call(*this, *norm, x);
    return call(*this, head, x);
  }
  void visit(auto& field) const {
    field("embedding", embedding), field("positions", positions), field("blocks", blocks);
    field("norm", norm), field("head", head);
  }

  nn::Embedding<double> embedding;
  nn::LearnedPositions<double> positions;
  std::vector<nn::TransformerBlock<double>> blocks;
  std::optional<nn::LayerNorm<double>> norm;
  nn::Linear<double> head;
};

ebb::IntArray ids_of_text() {
  ebb::IntArray ids(ebb::Shape(text.size()));
  for (std::size_t i = 0; i < text.size(); ++i)
    ids.mutable_data()[i] = text[i] == ' ' ? 26 : text[i] == '.' ? 27 : text[i] - 'a';
  return ids;
}

/// The loss of a model that knows how frequent each character is and nothing else, in bits per character.
double unigram_entropy() {
  const auto size = static_cast<double>(text.size());
  double bits = 0;
  for (char c : text) bits -= std::log2(static_cast<double>(std::ranges::count(text, c)) / size);
  return bits / size;
}

struct Result {
  std::vector<double> gradients;  // the norm of the loss's gradient at the input of each block, before training
  double loss = 0;                // the mean over the last steps, in bits per character
};

Result train(const Variant& variant) {
  ebb::Generator random(9);
  const Model model(variant, random);
  nn::SGD optimizer(nn::parameters<double>(model), {.lr = 0.05, .momentum = 0.9, .clip = nn::clip_by_norm(1.0)});
  const nn::BatchSampler sampler(ids_of_text(), context, passages, random.next());
  Result result;
  for (int step = 0; step < steps; ++step) {
    const auto [inputs, targets] = sampler(step);
    ebb::Tape<double> tape;
    const nn::GradientFlow<double> flow(tape, model);
    const Tensor loss = cross_entropy(model(inputs), targets);
    tape.backward(loss);
    optimizer.step();
    if (step == 0)
      for (const nn::BlockFlow& block : flow.blocks()) result.gradients.push_back(block.gradient_norm);
    if (step >= steps - last_steps) result.loss += loss.item() / std::numbers::ln2 / last_steps;
  }
  return result;
}

}  // namespace

int main() {
  ebb::set_threads(1);  // the matrix products are too small to be worth sharing
  const double unigram = unigram_entropy();
  std::printf("           gradient at the input of block                  loss after\n");
  std::printf("%17d%9d%9d%9d   first/last  %d steps\n", 0, 4, 8, 11, steps);
  bool right = true;
  for (const Variant& variant : {Variant{"bare", false, nn::Norm::none}, Variant{"residual", true, nn::Norm::none},
                                 Variant{"pre-norm", true, nn::Norm::pre}}) {
    const Result result = train(variant);
    const double kept = result.gradients.front() / result.gradients.back();
    std::printf("%-8s", variant.name);
    for (std::size_t block : {0U, 4U, 8U, 11U}) std::printf("  %7.0e", result.gradients[block]);
    std::printf("      %7.0e  %5.2f bits\n", kept, result.loss);
    // Where the gradient has vanished, the loss stays near the unigram entropy; where it is kept, it falls to half of
    // it.
    right = right && (variant.residual ? kept > 0.1 && kept < 10 && result.loss < unigram / 2
                                       : kept < 1e-3 && std::abs(result.loss / unigram - 1) < 0.05);
  }
  std::printf("unigram entropy%49.2f bits\n", unigram);
  return right ? 0 : 1;
}

/* In the debugger: the tape of the bare stack, about to be walked. At the last block a gradient arrives. Eleven blocks
further down, at the first, next to nothing is left of it.
(gdb) break 100
(gdb) run
(gdb) ebb break blocks.11.feed_forward.down
(gdb) continue
ebb: the derivative of #246 linear in blocks.11.feed_forward.down at 09_vanishing_attention.cpp:53
(gdb) ebb grad 246
gradient at #246 linear, in the walk: [8, 16, 32] {{{-0.000952..., -0.00177..., ...
(gdb) disable
(gdb) ebb break blocks.0.attention.value
(gdb) continue
ebb: the derivative of #153 linear in blocks.0.attention.value at 09_vanishing_attention.cpp:53
(gdb) ebb grad 153
gradient at #153 linear, in the walk: [8, 16, 32] {{{1.19...e-14, 5.26...e-15, ...
(gdb) ebb graph 153
#153 linear[8, 16, 32] of #150 #6 #7 in blocks.0.attention.value at 09_vanishing_attention.cpp:53
  from  #150 add[8, 16, 32] of #148 #149 in positions at ...
  from  #6 parameter[32, 32] of blocks.0.attention.value.weight in blocks.0.attention.value at ...
  from  #7 parameter[32] of blocks.0.attention.value.bias in blocks.0.attention.value at ...
  into  #154 multi_head_attention[8, 16, 32] of #151 #152 #153 in blocks.0.attention at ...
*/

/* Output:
           gradient at the input of block                  loss after
                0        4        8       11   first/last  120 steps
bare        2e-13    2e-09    1e-05    4e-03        4e-11   3.72 bits
residual    1e+00    6e-01    3e-01    2e-01        6e+00   0.77 bits
pre-norm    6e-02    6e-02    5e-02    4e-02        1e+00   1.27 bits
unigram entropy                                             3.70 bits
*/
