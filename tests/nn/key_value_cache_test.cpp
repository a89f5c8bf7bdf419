#include "support/check.hpp"

using namespace ebb_test;
using nn::KeyValueCache;

namespace {

/// A causal language model of two blocks, as a user writes it.
template <class T>
struct LanguageModel {
  nn::Embedding<T> tokens;
  nn::LearnedPositions<T> positions;
  std::vector<nn::TransformerBlock<T>> blocks;

  LanguageModel(Generator& generator, nn::TransformerBlockOptions options)
      : tokens(11, 8, generator), positions(16, 8, generator) {
    options.causal = true;
    for (int i = 0; i < 2; ++i) blocks.emplace_back(8, 2, generator, options);
  }
  Tensor<T> operator()(const IntArray& ids) const {
    return tokens.logits(call(*this, blocks, positions(call(*this, tokens, ids))));
  }
  Tensor<T> operator()(const IntArray& ids, std::vector<KeyValueCache<T>>& caches) const {
    const Tensor<T> x = positions(call(*this, tokens, ids), caches[0].length());
    return tokens.logits(call(*this, blocks, x, caches));
  }
  void visit(auto& field) const { field("tokens", tokens), field("positions", positions), field("blocks", blocks); }
};

/// The largest difference between the logits of a text at once and those of the same text piece by piece.
template <class T>
double difference_in_pieces(const nn::TransformerBlockOptions& options, const std::vector<Index>& pieces) {
  const NoRecording off;  // other tests in the process may leave a tape
  Generator generator(1);
  const LanguageModel<T> model(generator, options);
  const IntArray ids = uniform_integers({2, 12}, Key{3}, 0, 11);
  const Tensor<T> at_once = model(ids);
  std::vector<KeyValueCache<T>> caches(2);
  std::vector<Tensor<T>> parts;
  Index begin = 0;
  for (const Index length : pieces) {
    parts.push_back(model(slice(ids, 1, {begin, begin + length}), caches));
    begin += length;
  }
  CHECK(caches[1].length() == 12);
  return max(abs(concatenate(parts, 1) - at_once)).item();
}

}  // namespace

TEST_CASE("a text computed with a cache, in pieces of any length, is the text computed at once") {
  for (const std::vector<Index>& pieces : {std::vector<Index>(12, 1), {5, 1, 1, 5}, {12}, {1, 11}}) {
    for (const bool rotary : {false, true}) {
      const nn::TransformerBlockOptions options{.key_heads = rotary ? 1 : 0, .rotary = rotary, .qk_norm = rotary};
      CHECK(difference_in_pieces<float>(options, pieces) < 2e-5);
      CHECK(difference_in_pieces<double>(options, pieces) < 1e-13);
    }
    CHECK(difference_in_pieces<double>({.norm = nn::Norm::post, .window = 3}, pieces) < 1e-13);
  }
}

TEST_CASE("a cache holds keys and values, and is emptied") {
  KeyValueCache<float> cache;
  CHECK(cache.length() == 0);
  cache.append(Tensor<float>{{1, 2}, {3, 4}}, Tensor<float>{{5}, {6}});
  cache.append(Tensor<float>({1, 2}, {7, 8}), Tensor<float>({1, 1}, {9}));
  CHECK(cache.length() == 3);
  CHECK(cache.keys().to_vector() == std::vector<float>{1, 2, 3, 4, 7, 8});
  CHECK(cache.values().to_vector() == std::vector<float>{5, 6, 9});
  CHECK_ERROR(cache.append(Tensor<float>({1, 3}, {7, 8, 9}), Tensor<float>({1, 1}, {9})), "concatenate");
  CHECK(cache.length() == 3);
  cache.clear();
  CHECK(cache.length() == 0);
}

TEST_CASE("no gradient goes through a cache, and a cache is needed for each layer") {
  Generator generator(1);
  const LanguageModel<float> model(generator, {});
  std::vector<KeyValueCache<float>> caches(2), one(1);
  {
    Tape<float> tape;
    CHECK_ERROR(model(IntArray({1, 1}, {0}), caches), "no gradient goes through it", "NoRecording");
    const NoRecording too;
    CHECK_NOTHROW(model(IntArray({1, 1}, {0}), caches));
  }
  const NoRecording off;
  CHECK_ERROR(nn::TransformerBlock<float>(8, 2, generator)(ones<float>({1, 8}), one[0]), "{.causal = true}");
  CHECK_ERROR(model(IntArray({1, 1}, {0}), one), "2 layers need a cache each, and there are 1");
  for (int i = 0; i < 15; ++i) (void)model(IntArray({1, 1}, {0}), caches);
  CHECK_ERROR(model(IntArray({1, 1}, {0}), caches), "positions of a context of 16", "from position 16");
}

TEST_CASE("a call that fails leaves the caches as they were") {
  const NoRecording off;
  Generator generator(1);
  const nn::MultiHeadAttention<float> layer(4, 2, generator);
  KeyValueCache<float> cache;
  const Tensor<float> x = normal<float>({3, 4}, Key{1});
  CHECK_ERROR(layer(x, cache, {.mask = IntArray(Shape{2, 5}, 1)}), "mask");
  CHECK(cache.length() == 0);
  CHECK_NOTHROW(layer(x, cache));
  CHECK(cache.length() == 3);
}
