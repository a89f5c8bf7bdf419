#include <thread>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

/// A small causal transformer, as a user writes it.
struct LanguageModel {
  nn::Embedding<> tokens;
  nn::LearnedPositions<> positions;
  std::vector<nn::TransformerBlock<>> blocks;
  nn::LayerNorm<> norm;
  nn::Linear<> head;

  LanguageModel(ebb::Index vocabulary, ebb::Index context, ebb::Index width, ebb::Generator& generator)
      : tokens(vocabulary, width, generator),
        positions(context, width, generator),
        norm(width),
        head(width, vocabulary, generator) {
    const nn::TransformerBlockOptions options{.causal = true, .dropout = 0.1, .output_scale = nn::depth_scale(2)};
    for (int i = 0; i < 2; ++i) blocks.emplace_back(width, 2, generator, options);
  }
  ebb::Tensor<float> operator()(const ebb::IntArray& ids, std::optional<ebb::Key> key = {}) const {
    auto x = nn::call(*this, positions, nn::call(*this, tokens, ids));
    x = nn::call(*this, blocks, x, key);
    return nn::call(*this, head, nn::call(*this, norm, x));
  }
  void visit(auto& field) const {
    field("tokens", tokens), field("positions", positions), field("blocks", blocks), field("norm", norm);
    field("head", head);
  }
};

/// Each token follows from the two before it, so that a model has to attend.
ebb::IntArray sequence(ebb::Index length, int vocabulary) {
  ebb::IntArray tokens{ebb::Shape(length)};
  std::int32_t* values = tokens.mutable_data();
  values[0] = 0, values[1] = 1;
  for (ebb::Index i = 2; i < length; ++i) values[i] = (values[i - 1] + values[i - 2]) % vocabulary;
  return tokens;
}

/// The losses of the steps.
std::vector<float> train(std::uint64_t seed, ebb::Index steps) {
  ebb::Generator generator(seed);
  const LanguageModel model(7, 8, 16, generator);
  const nn::BatchSampler sampler(sequence(500, 7), 8, 8, ebb::Key{seed});
  nn::AdamW optimizer(nn::parameters(model), {.lr = 1e-2, .clip = nn::clip_by_norm(1.0)});
  const nn::Schedule schedule = nn::linear_warmup(5, nn::cosine(1e-2, steps));
  std::vector<float> losses;
  for (ebb::Index step = 0; step < steps; ++step) {
    const auto [inputs, targets] = sampler(step);
    ebb::Tape<float> tape;
    const auto loss = ebb::cross_entropy(model(inputs, ebb::Key{seed, 1}.child(ebb::to_size(step))), targets);
    tape.backward(loss);
    optimizer.set_learning_rate(schedule(step));
    optimizer.step();
    losses.push_back(loss.item());
  }
  const auto [inputs, targets] = sampler(steps);
  losses.push_back(ebb::cross_entropy(model(inputs), targets).item());
  return losses;
}

}  // namespace

TEST_CASE("a small language model learns a sequence that needs two tokens of memory") {
  const std::vector<float> losses = train(1, 100);
  CHECK(losses.front() > 1.5F);  // guessing costs log 7 = 1.95
  CHECK(losses.back() < 0.25F);  // the first of 8 positions cannot know: at most log(7) / 8 = 0.24
}

TEST_CASE("training is the same, bit for bit, with the same seed") {
  CHECK(train(3, 5) == train(3, 5));
  CHECK(train(3, 5) != train(4, 5));
}

TEST_CASE("threads train models of their own side by side, as each would alone") {
  std::vector<std::vector<float>> losses(3);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < losses.size(); ++i) threads.emplace_back([&, i] { losses[i] = train(i + 3, 3); });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < losses.size(); ++i) CHECK(losses[i] == train(i + 3, 3));
}

TEST_CASE("threads differentiate one model at once, each on its own tape") {
  ebb::Generator generator(1);
  const LanguageModel model(7, 8, 16, generator);
  const nn::BatchSampler sampler(sequence(500, 7), 8, 2, ebb::Key{1});
  const auto slope = [&](std::size_t number) {
    const auto [inputs, targets] = sampler(static_cast<ebb::Index>(number));
    ebb::Tape<float> tape;
    return grad(ebb::cross_entropy(model(inputs), targets), model.head.weight).to_vector();
  };
  std::vector<std::vector<float>> slopes(3);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < slopes.size(); ++i) threads.emplace_back([&, i] { slopes[i] = slope(i); });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < slopes.size(); ++i) CHECK(slopes[i] == slope(i));
}
