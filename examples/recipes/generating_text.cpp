// Generating text, token by token. The caches keep the keys and values of the positions so far, so that a step computes
// one new position instead of all; `sample` draws the token. The logits are those of the whole text computed anew.

#include <ebb/ebb.hpp>
#include <iostream>
#include <string>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

ebb::IntArray ids_of(const std::string& written) {
  return {{1, written.size()}, std::vector<std::int32_t>(written.begin(), written.end())};  // of 128 characters
}

struct Model {
  explicit Model(ebb::Generator& random) : embedding(128, 32, random), head(32, 128, random) {
    const nn::TransformerBlockOptions options{.causal = true, .rotary = true};  // the cache knows how far they are
    for (int i = 0; i < 2; ++i) blocks.emplace_back(32, 4, random, options);
  }
  Tensor operator()(const ebb::IntArray& ids, auto&... caches) const {  // of the layers, if there are any
    return call(*this, head, call(*this, blocks, call(*this, embedding, ids), caches...));
  }
  void visit(auto& field) const { field("embedding", embedding), field("blocks", blocks), field("head", head); }
  nn::Embedding<float> embedding;
  std::vector<nn::TransformerBlock<float>> blocks;
  nn::Linear<float> head;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Model model(random);
  nn::AdamW optimizer(model, {.lr = 0.005});
  const std::string text = "the sea ebbs and the sea flows and ";
  const ebb::IntArray inputs = ids_of(text + text), targets = ids_of((text + text).substr(1) + 't');
  for (int step = 0; step < 60; ++step) {
    ebb::Tape tape;
    tape.backward(cross_entropy(model(inputs), targets));
    optimizer.step();
  }

  std::vector<nn::KeyValueCache<float>> caches(model.blocks.size());
  std::string written = "the sea e";
  Tensor logits = model(ids_of(written), caches);  // all of the beginning at once
  while (written.size() < 60) {
    const ebb::IntArray next = nn::sample(select(logits, 1, -1), random.next(), {.temperature = 0.5});  // [1]
    written += static_cast<char>(next.item());
    logits = model(next.reshaped({1, 1}), caches);
  }
  std::cout << written << '\n';
  const Tensor difference = select(model(ids_of(written)), 1, -1) - select(logits, 1, -1);
  claim(max(abs(difference)).item() < 1e-4F, "with caches the logits are the same");
  claim(written.find("ebbs and the sea flows") != std::string::npos, "the model has learnt its line");
}
