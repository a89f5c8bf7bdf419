#include <ebb/ebb.hpp>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

namespace {

struct Decoder {
  ebb::nn::Embedding<> tokens;
  ebb::nn::LearnedPositions<> positions;
  std::vector<ebb::nn::TransformerBlock<>> blocks;
  ebb::nn::LayerNorm<> norm;
  ebb::nn::Linear<> head;
  bool checkpointed;

  Decoder(ebb::Index symbols, ebb::Index context, ebb::Index width, ebb::Index heads, ebb::Index depth,
          bool checkpoint_blocks, ebb::Generator& generator)
      : tokens(symbols, width, generator),
        positions(context, width, generator),
        norm(width),
        head(width, symbols, generator, {.bias = false}),
        checkpointed(checkpoint_blocks) {
    for (ebb::Index i = 0; i < depth; ++i)
      blocks.emplace_back(
          width, heads, generator,
          ebb::nn::TransformerBlockOptions{.causal = true, .activation = ebb::nn::Activation::gelu_tanh});
  }
  ebb::Tensor<float> operator()(const ebb::IntArray& ids) const {
    ebb::Tensor<float> x = positions(tokens(ids));
    for (const auto& block : blocks)
      x = checkpointed ? checkpoint([&](const ebb::Tensor<float>& in) { return block(in); }, x) : block(x);
    return head(norm(x));
  }
  void visit(auto& field) const {
    field("tokens", tokens), field("positions", positions), field("blocks", blocks), field("norm", norm);
    field("head", head);
  }
};

}  // namespace

void train(std::span<char*> given) {
  const Arguments a("train", given,
                    {{"L", 6},
                     {"D", 384},
                     {"H", 6},
                     {"T", 256},
                     {"B", 8},
                     {"V", 256},
                     {"steps", 12},
                     {"warm", 3},
                     {"checkpoint", 0}});
  ebb::Generator generator(1);
  const Decoder model(a["V"], a["T"], a["D"], a["H"], a["L"], a["checkpoint"] != 0, generator);
  ebb::nn::AdamW optimizer(
      ebb::nn::parameters(model),
      {.lr = 3e-4, .beta1 = 0.9, .beta2 = 0.95, .weight_decay = 0.1, .clip = ebb::nn::clip_by_norm(1.0)});
  std::vector<double> seconds;
  double last_loss = 0;
  for (long step = 0; step < a["warm"] + a["steps"]; ++step) {
    const auto random_ids = [&] {
      return uniform_integers({a["B"], a["T"]}, generator.next(), 0, static_cast<std::int32_t>(a["V"]));
    };
    const ebb::IntArray x = random_ids(), y = random_ids();
    const double start = now();
    {
      ebb::Tape<float> tape;
      const auto loss = cross_entropy(model(x), y);
      tape.backward(loss);
      last_loss = static_cast<double>(loss.item());
    }
    optimizer.step();
    if (step >= a["warm"]) seconds.push_back(now() - start);
  }
  const double step = median(seconds);
  print_line("train", {{"L", a["L"]},
                       {"D", a["D"]},
                       {"H", a["H"]},
                       {"T", a["T"]},
                       {"B", a["B"]},
                       {"ms", rounded(step * 1e3, 2)},
                       {"tok_s", rounded(static_cast<double>(a["B"] * a["T"]) / step, 0)},
                       {"rss_mb", peak_memory_mb()},
                       {"loss", rounded(last_loss, 4)}});
}
