#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Options = ebb::AttentionOptions<double>;

namespace {

/// Shapes of queries, keys and values.
struct Case {
  Shape q, k, v;
};
/// Self and cross, with axes that broadcast, one key, one width, and empty ones: no batch, no queries, no keys.
const std::vector<Case> cases{
    {{3, 2}, {3, 2}, {3, 2}},
    {{2, 3}, {4, 3}, {4, 1}},
    {{4, 2}, {2, 2}, {2, 3}},
    {{2, 2, 3, 2}, {2, 2, 3, 2}, {2, 2, 3, 2}},
    {{2, 1, 2, 2}, {3, 3, 2}, {3, 3, 2}},
    {{1, 1}, {1, 1}, {1, 1}},
    {{0, 2, 2}, {0, 3, 2}, {0, 3, 2}},
    {{0, 2}, {3, 2}, {3, 2}},
    {{2, 2}, {0, 2}, {0, 3}},
};

}  // namespace

TEST_CASE("attention of hand-computed queries, keys and values") {
  // Scores q.k / sqrt(4) = ln 3 for the first key and 0 for the second: weights 3/4 and 1/4.
  const double u = 2 * std::log(3.0);
  const Tensor<double> q({1, 4}, {u, 0, 0, 0}), k({2, 4}, {1, 5, 0, 0, 0, 7, 0, 0}), v({2, 2}, {4, 8, 16, 0});
  check_values(ebb::attention_weights(q, k), {0.75, 0.25});
  check_values(ebb::scaled_dot_product_attention(q, k, v), {7, 6});
}

TEST_CASE("the scale of attention can be set") {
  const Tensor<double> q({1, 4}, {std::log(3.0), 0, 0, 0}), k({2, 4}, {1, 0, 0, 0, 0, 0, 0, 0});
  check_values(ebb::attention_weights(q, k, {.scale = 1}), {0.75, 0.25});
  check_values(ebb::attention_weights(q, k, {.scale = 2}), {0.9, 0.1});
  check_values(ebb::attention_weights(q, k, {.scale = 0}), {0.5, 0.5});
}

TEST_CASE("attention weights sum to one over the keys") {
  for (const Case& shapes : cases) {
    const Shape &q = shapes.q, &k = shapes.k;
    CAPTURE(to_string(q));
    if (k.extent(-2) == 0) continue;
    const Tensor<double> sums = ebb::sum(ebb::attention_weights(sample(q), sample(k, 2)), -1);
    for (const double sum : sums.to_vector()) CHECK(sum == close_to(1));
  }
}

TEST_CASE("causal attention looks at no later key") {
  const Tensor<double> q = ebb::zeros<double>({3, 2}), k = sample({3, 2});
  check_values(ebb::attention_weights(q, k, {.causal = true}), {1, 0, 0, 1. / 2, 1. / 2, 0, 1. / 3, 1. / 3, 1. / 3});
}

TEST_CASE("causal attention of fewer queries than keys counts from the end of the keys") {
  const Tensor<double> q = ebb::zeros<double>({2, 2}), k = sample({4, 2});
  check_values(ebb::attention_weights(q, k, {.causal = true}),
               {1. / 3, 1. / 3, 1. / 3, 0, 1. / 4, 1. / 4, 1. / 4, 1. / 4});
}

TEST_CASE("causal attention of more queries than keys leaves the first queries nothing, and so zero") {
  const Tensor<double> q = ebb::zeros<double>({3, 2}), k = sample({2, 2});
  check_values(ebb::attention_weights(q, k, {.causal = true}), {0, 0, 1, 0, 1. / 2, 1. / 2});
}

TEST_CASE("causal attention to a later key has no gradient") {
  ebb::Tape<double> tape;
  const auto q = tape.watch(sample({3, 2})), k = tape.watch(sample({3, 2}, 2)), v = tape.watch(sample({3, 2}, 3));
  const auto y = ebb::scaled_dot_product_attention(q, k, v, {.causal = true});
  tape.backward(ebb::sum(y * Tensor<double>({3, 1}, {1, 1, 0})));
  for (ebb::Index j = 0; j < 2; ++j) {
    CHECK(tape.gradient(k).at({1, j}) != 0);
    CHECK(tape.gradient(k).at({2, j}) == 0);
    CHECK(tape.gradient(v).at({2, j}) == 0);
  }
}

TEST_CASE("a padding mask broadcasts over heads and queries, and combines with the causal order") {
  const Tensor<double> q = ebb::zeros<double>({2, 1, 3, 2}), k = sample({2, 1, 3, 2});
  const IntArray padding({2, 1, 1, 3}, {1, 1, 0, 0, 1, 1});
  check_values(ebb::attention_weights(q, k, {.mask = padding}),
               {1. / 2, 1. / 2, 0, 1. / 2, 1. / 2, 0, 1. / 2, 1. / 2, 0, 0, 1. / 2, 1. / 2, 0, 1. / 2, 1. / 2, 0,
                1. / 2, 1. / 2});
  check_values(ebb::attention_weights(q, k, {.causal = true, .mask = padding}),
               {1, 0, 0, 1. / 2, 1. / 2, 0, 1. / 2, 1. / 2, 0, 0, 0, 0, 0, 1, 0, 0, 1. / 2, 1. / 2});
}

TEST_CASE("what a mask hides from attention may be anything") {
  const Tensor<double> q = sample({1, 2}), k({2, 2}, {1, 2, 1e300, INFINITY}), v({2, 2}, {5, 6, 7, 8});
  check_values(ebb::scaled_dot_product_attention(q, k, v, {.mask = IntArray({2}, {1, 0})}), {5, 6});
}

TEST_CASE("a NaN that is hidden from a query touches neither its weights nor any gradient through them") {
  const Tensor<double> q = sample({3, 2}), k({3, 2}, {1, 2, 3, 4, NAN, INFINITY}), u = sample({2, 3}, 4);
  ebb::Tape<double> tape;
  const auto queries = tape.watch(q), keys = tape.watch(k);
  const auto a = ebb::attention_weights(queries, keys, {.causal = true});
  for (Index j = 0; j < 3; ++j) CHECK(std::isnan(a.at({2, j})));
  const auto gradients = ebb::grad(ebb::slice(a, 0, {.stop = 2}), {queries, keys}, {.cotangent = u});
  for (const auto& gradient : gradients)
    for (const double g : gradient.to_vector()) CHECK(std::isfinite(g));
  CHECK(a.at({0, 0}) == 1);
  CHECK(a.at({0, 2}) == 0);
}

TEST_CASE("a query that may attend to nothing gets zero, with gradients zero of first and second order") {
  ebb::Tape<double> tape;
  const auto q = tape.watch(sample({2, 2})), k = tape.watch(sample({3, 2}, 2)), v = tape.watch(sample({3, 2}, 3));
  const auto y = ebb::scaled_dot_product_attention(q, k, v, {.mask = IntArray({2, 1}, {0, 1})});
  for (ebb::Index j = 0; j < 2; ++j) CHECK(y.at({0, j}) == 0);
  const auto dq = ebb::grad(y, q, {.cotangent = sample({2, 2}, 4), .create_graph = true});
  const auto second = ebb::grad(dq, {q, k, v}, {.cotangent = sample({2, 2}, 5)});
  for (ebb::Index j = 0; j < 2; ++j) {
    CHECK(dq.at({0, j}) == 0);
    CHECK(dq.at({1, j}) != 0);
    CHECK(second[0].at({0, j}) == 0);
    CHECK(second[0].at({1, j}) != 0);
  }
  // Through the zero row alone, nothing reaches keys or values.
  const auto first = ebb::grad(y, {k, v}, {.cotangent = Tensor<double>({2, 2}, {1, 1, 0, 0})});
  for (const auto& gradient : first)
    for (const double g : gradient.to_vector()) CHECK(g == 0);
}

TEST_CASE("a bias is added to the scores of attention") {
  const Tensor<double> q = ebb::zeros<double>({2, 2}), k = sample({2, 2});
  check_values(ebb::attention_weights(q, k, {.bias = Tensor<double>({2}, {std::log(3.0), 0})}),
               {0.75, 0.25, 0.75, 0.25});
}

TEST_CASE("attention refuses shapes that do not fit, naming them and the caller's line") {
  const auto x = ebb::zeros<float>({2, 3});
  CHECK_ERROR(ebb::attention_weights(x, ebb::zeros<float>({2, 4})),
              "attention_weights: queries of shape [2, 3] and keys of shape [2, 4] must have the same width",
              "attention_test.cpp:");
  CHECK_ERROR(ebb::attention_weights(x, ebb::zeros<float>({3})),
              "queries of shape [2, 3] and keys of shape [3] need at least two axes");
  CHECK_ERROR(ebb::scaled_dot_product_attention(x, x, ebb::zeros<float>({3, 3})),
              "keys of shape [2, 3] and values of shape [3, 3] must have the same number of positions");
}

TEST_CASE("attention refuses a mask or bias that does not broadcast to the scores") {
  const auto x = ebb::zeros<double>({2, 3});
  CHECK_ERROR(ebb::attention_weights(x, x, {.mask = IntArray({3}, 1)}),
              "attention_weights: a mask of shape [3] does not broadcast to the scores, [2, 2]");
  CHECK_ERROR(ebb::attention_weights(x, x, {.bias = ebb::zeros<double>({4, 2, 2})}),
              "a bias of shape [4, 2, 2] does not broadcast to the scores, [2, 2]");
}

TEST_CASE("derivatives of attention, self and cross, plain, causal and masked") {
  for (const Case& shapes : cases) {
    const Shape &q = shapes.q, &k = shapes.k;
    CAPTURE(to_string(q));
    CAPTURE(to_string(k));
    const IntArray mask = ebb::uniform_integers({q.extent(-2), k.extent(-2)}, ebb::Key{5}, 0, 2);
    const Values inputs{sample(q), sample(k, 2), sample(shapes.v, 3)};
    for (const Options& options : {Options{}, Options{.causal = true}, Options{.mask = mask, .scale = 0.3}})
      check_gradients([&](const Values& x) { return ebb::scaled_dot_product_attention(x[0], x[1], x[2], options); },
                      inputs);
  }
}

TEST_CASE("derivatives of attention with an additive bias that broadcasts") {
  const Tensor<double> q = sample({2, 2, 3, 2}), k = sample({2, 2, 4, 2}, 2);
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 1, 1, 4}, Shape{2, 3, 1}, Shape{}}) {
    CAPTURE(to_string(shape));
    check_gradients([](const Values& x) { return ebb::attention_weights(x[0], x[1], {.causal = true, .bias = x[2]}); },
                    {q, k, sample(shape, 3)});
  }
}
