#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

nn::MultiHeadAttention<double> attention_of(Index width, Index heads) {
  ebb::Generator generator(2);
  return nn::MultiHeadAttention<double>(width, heads, generator);
}

struct Model {
  void visit(auto& field) const { field("attention", attention); }
  nn::MultiHeadAttention<double> attention;
};

void check_equal(const Tensor<double>& a, const Tensor<double>& b) {
  REQUIRE(a.shape() == b.shape());
  const auto x = a.to_vector(), y = b.to_vector();
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(x[i] == doctest::Approx(y[i]).epsilon(1e-12));
}

/// Head by head, on slices of the width.
Tensor<double> by_hand(const nn::MultiHeadAttention<double>& layer, const Tensor<double>& x,
                       const Tensor<double>& memory, const ebb::AttentionOptions<double>& options) {
  const auto q = ebb::split(layer.query(x), layer.heads.heads, -1),
             k = ebb::split(layer.key(memory), layer.heads.heads, -1),
             v = ebb::split(layer.value(memory), layer.heads.heads, -1);
  std::vector<Tensor<double>> heads;
  for (std::size_t h = 0; h < q.size(); ++h)
    heads.push_back(ebb::scaled_dot_product_attention(q[h], k[h], v[h], options));
  return layer.output(ebb::concatenate(heads, -1));
}

}  // namespace

TEST_CASE("multi-head self-attention is attention head by head") {
  const auto layer = attention_of(6, 3);
  for (const Shape& shape : {Shape{2, 5, 6}, Shape{5, 6}, Shape{2, 1, 6}, Shape{2, 3, 4, 6}}) {
    CAPTURE(to_string(shape));
    const auto x = small_sample(shape);
    check_equal(layer(x), by_hand(layer, x, x, {}));
    check_equal(layer(x, {.causal = true}), by_hand(layer, x, x, {.causal = true}));
  }
}

TEST_CASE("multi-head cross-attention takes keys and values from the memory") {
  const auto layer = attention_of(4, 2);
  const auto x = small_sample({2, 3, 4}), memory = small_sample({2, 5, 4}, 6);
  check_equal(layer(x, memory), by_hand(layer, x, memory, {}));
}

TEST_CASE("a padding mask keeps attention off the padding") {
  const auto layer = attention_of(4, 2);
  const auto x = small_sample({2, 3, 4});
  const IntArray mask = nn::padding_mask(IntArray({2, 3}, {7, 8, 0, 9, 0, 0}), 0);
  CHECK(mask.shape() == Shape{2, 1, 1, 3});
  CHECK(mask.to_vector() == std::vector<std::int32_t>{1, 1, 0, 1, 0, 0});
  const auto y = layer(x, {.mask = mask});
  const auto first = ebb::slice(x, 0, {.stop = 1}), second = ebb::slice(x, 0, {.start = 1});
  const auto short_first = layer(first, ebb::slice(first, 1, {.stop = 2}));
  const auto short_second = layer(second, ebb::slice(second, 1, {.stop = 1}));
  check_equal(y, ebb::concatenate<double>({short_first, short_second}, 0));
  CHECK_THROWS_WITH_AS(nn::padding_mask(IntArray({3}, {7, 8, 0}), 0),
                       "padding_mask() needs ids of shape [batch, keys], but got [3]", ebb::Error);
}

TEST_CASE("attention weights sum to 1, respect the causal mask, and explain the result") {
  const auto layer = attention_of(4, 2);
  const auto x = small_sample({2, 3, 4});
  const auto weights = layer.attention_weights(x, {.causal = true});
  CHECK(weights.shape() == Shape{2, 2, 3, 3});
  check_equal(ebb::sum(weights, -1), ebb::ones<double>({2, 2, 3}));
  CHECK(weights.at({1, 1, 0, 1}) == 0);
  CHECK(weights.at({1, 1, 1, 0}) > 0);
  const auto v = ebb::transpose(ebb::reshape(layer.value(x), {2, 3, 2, 2}), 1, 2);
  const auto joined = ebb::reshape(ebb::transpose(ebb::matmul(weights, v), 1, 2), {2, 3, 4});
  check_equal(layer.output(joined), layer(x, {.causal = true}));
}

TEST_CASE("records of attention carry the paths of its parameters") {
  const Model model{attention_of(4, 2)};
  const auto& layer = model.attention;
  ebb::Tape<double> tape;
  const int line = __LINE__ + 1;
  const auto y = nn::call(model, layer, small_sample({3, 4}));
  CHECK(*tape[y].scope == "attention.output");
  CHECK(tape[y].where.line() == line);
  CHECK(*tape[tape.leaves_of(layer.query.weight).front()].scope == "attention.query");
}

TEST_CASE("a width that heads do not divide is refused") {
  CHECK_THROWS_WITH_AS(attention_of(6, 4), "MultiHeadAttention: a width of 6 cannot be divided among 4 heads",
                       ebb::Error);
  CHECK_ERROR(attention_of(6, 0), "a width of 6 cannot be divided among 0");
}

TEST_CASE("an input without a length is refused with the caller's line") {
  const auto layer = attention_of(4, 2);
  CHECK_ERROR(layer(small_sample({4})), "attention needs an input of shape [..., length, width], but got [4]",
              "attention_test.cpp");
}

TEST_CASE("fewer heads of keys, norms and turns: attention weights and result agree with the formula written out") {
  Generator generator(1);
  const nn::MultiHeadAttention<double> layer(8, 4, generator,
                                             {.key_heads = 2, .rotary = true, .qk_norm = true, .window = 2});
  CHECK(layer.key.weight.shape() == Shape{8, 4});
  CHECK(nn::parameters<double>(layer).size() == 10);
  const Tensor<double> x = normal<double>({2, 5, 8}, Key{1});
  const auto heads_of = [&](const nn::Linear<double>& linear, Index heads) { return split_heads(linear(x), heads); };
  const auto normed = [](const Tensor<double>& h) { return h * rsqrt(mean(square(h), -1, {.keep = true}) + 1e-5); };
  Tensor<double> q = nn::rotary_positions(normed(heads_of(layer.query, 4)));
  Tensor<double> k = nn::rotary_positions(normed(heads_of(layer.key, 2))), v = heads_of(layer.value, 2);
  const IntArray twice{0, 0, 1, 1};  // each head of keys serves two of queries
  const Tensor<double> weights =
      softmax(matmul(q, gather(k, twice, 1), {.transpose_b = true}) / std::sqrt(2.0), nn::sliding_window_mask(5, 5, 2));
  const AttentionOptions<double> causal{.causal = true};
  check_values(layer.attention_weights(x, causal), weights.to_vector());
  const Range last{3, 5};  // the last two queries alone are turned and masked as among all
  check_values(layer(slice(x, 1, last), x, causal), slice(layer(x, causal), 1, last).to_vector());
  check_values(layer(x, causal), layer.output(join_heads(matmul(weights, gather(v, twice, 1)))).to_vector());
}

TEST_CASE("attention that cannot be is refused where it is made") {
  Generator generator(1);
  CHECK_ERROR((nn::MultiHeadAttention<float>(8, 4, generator, {.key_heads = 3})),
              "4 heads of queries cannot share 3 heads of keys evenly");
  CHECK_ERROR((nn::MultiHeadAttention<float>(6, 2, generator, {.rotary = true})), "a head of width 3 has an odd one");
  CHECK_ERROR((nn::MultiHeadAttention<float>(6, 2, generator, {.window = -1})), "a window cannot be -1");
}
