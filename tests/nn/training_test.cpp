#include "support/check.hpp"

namespace nn = ebb::nn;
using ebb::Index;

namespace {

/// A small causal transformer, as a user writes it.
struct LanguageModel {
  nn::Embedding<> tokens;
  std::vector<nn::TransformerBlock<>> blocks;
  nn::LayerNorm<> norm;
  nn::Linear<> head;

  LanguageModel(Index vocabulary, Index width, Index depth, ebb::Generator& generator)
      : tokens(vocabulary, width, generator), norm(width), head(width, vocabulary, generator) {
    for (Index i = 0; i < depth; ++i)
      blocks.emplace_back(width, 2, generator, nn::TransformerBlockOptions{.causal = true});
  }
  ebb::Tensor<float> operator()(const ebb::IntArray& ids) const {
    auto x = nn::call("tokens", tokens, ids);
    x = nn::call("blocks", blocks, x);
    return nn::call("head", head, nn::call("norm", norm, x));
  }
  void visit(auto& field) const {
    field("tokens", tokens), field("blocks", blocks), field("norm", norm), field("head", head);
  }
};

}  // namespace

TEST_CASE("a small language model learns a repeated sequence") {
  ebb::Generator generator(1);
  const LanguageModel model(8, 16, 2, generator);
  nn::AdamW optimizer(nn::parameters(model), {.lr = 1e-2, .clip = nn::clip_by_norm(1.0)});
  const ebb::IntArray ids({1, 8}, {0, 1, 2, 3, 4, 5, 6, 7}), next({1, 8}, {1, 2, 3, 4, 5, 6, 7, 0});
  float last = 0;
  for (int step = 0; step < 30; ++step) {
    ebb::Tape<float> tape;
    const auto loss = ebb::cross_entropy(model(ids), next);
    tape.backward(loss);
    optimizer.step();
    last = loss.item();
  }
  CHECK(last < 0.1F);
}
