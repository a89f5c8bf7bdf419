#include <cmath>
#include <ebb/ops/fusion.hpp>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Options = ebb::AttentionOptions<double>;

namespace {

template <class T, class From>
Tensor<T> as(const Tensor<From>& x) {
  const std::vector<From> values = x.to_vector();
  return Tensor<T>(x.shape(), std::span<const T>(std::vector<T>(values.begin(), values.end())));
}

/// The result of multi-head attention and the gradients of queries, keys and values.
template <class T>
std::vector<Tensor<T>> result_and_gradients(const std::vector<Tensor<T>>& x, Heads heads,
                                            const ebb::AttentionOptions<T>& options, bool fused) {
  const ebb::FusedOperations fused_or_not(fused);
  ebb::Tape<T> tape;
  const auto q = tape.watch(x[0]), k = tape.watch(x[1]), v = tape.watch(x[2]);
  const auto y = ebb::multi_head_attention(q, k, v, heads, options);
  const auto gradients = ebb::grad(y, {q, k, v}, {.cotangent = as<T>(sample(y.shape(), 9))});
  return {y.detach(), gradients[0], gradients[1], gradients[2]};
}

/// The largest difference, relative to the largest number if that is not small (NaN if any is).
template <class A, class B>
double distance(const Tensor<A>& a, const Tensor<B>& b) {
  REQUIRE(a.shape() == b.shape());
  double apart = 0, largest = 1e-2;
  for (Index i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    if (std::isnan(x) || std::isnan(y)) return NAN;
    apart = std::max(apart, std::abs(x - y));
    largest = std::max(largest, std::abs(y));
  }
  return apart / largest;
}

void check_fused_equals_composed(const Values& x, Heads heads, const Options& options) {
  const auto fused = result_and_gradients(x, heads, options, true),
             composed = result_and_gradients(x, heads, options, false);
  for (std::size_t i = 0; i < fused.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(fused[i], composed[i]) < 1e-12);
  }
}

Values inputs(Index batch, Index queries, Index keys, Heads heads, Index width, Index value_width) {
  const Index key_heads = heads.key_heads == 0 ? heads.heads : heads.key_heads;
  return {sample({batch, queries, heads.heads * width}), sample({batch, keys, key_heads * width}, 2),
          sample({batch, keys, key_heads * value_width}, 3)};
}

struct Lengths {
  Index queries, keys;
};
/// Around the borders of tiles and blocks.
const std::vector<Lengths> lengths{{1, 1},   {3, 5},     {5, 3},    {17, 17},  {63, 64}, {64, 64},
                                   {65, 65}, {130, 70},  {70, 130}, {1, 200},  {200, 1}, {96, 91},
                                   {91, 96}, {129, 321}, {600, 70}, {70, 600}, {0, 3},   {3, 0}};

}  // namespace

TEST_CASE("fused attention is composed attention, for lengths around the borders of tiles") {
  for (const Lengths& length : lengths)
    for (const bool causal : {false, true}) {
      CAPTURE(length.queries);
      CAPTURE(length.keys);
      CAPTURE(causal);
      check_fused_equals_composed(inputs(2, length.queries, length.keys, {2}, 8, 8), {2}, {.causal = causal});
    }
}

TEST_CASE(
    "fused attention is composed attention, for more heads than pieces of work and more tiles than stay at hand") {
  for (const bool causal : {false, true}) {
    CAPTURE(causal);
    check_fused_equals_composed(inputs(1, 600, 330, {16}, 2, 2), {16}, {.causal = causal});
  }
}

TEST_CASE("fused attention is composed attention, for widths around those of vectors") {
  for (const Index width : {0, 1, 3, 8, 15, 16, 17, 33, 64, 80})
    for (const Index value_width : {1, 7, 16, 64}) {
      CAPTURE(width);
      CAPTURE(value_width);
      const double scale = width == 0 ? 1 : 1 / std::sqrt(static_cast<double>(width));
      check_fused_equals_composed(inputs(1, 21, 21, {3}, width, value_width), {3}, {.causal = true, .scale = scale});
    }
}

TEST_CASE("fused attention with a mask of any shape that broadcasts, and with the causal order") {
  const Index queries = 70, keys = 131;
  for (const Shape& shape : {Shape{2, 1, 1, keys}, Shape{queries, keys}, Shape{keys}, Shape{queries, 1},
                             Shape{2, 3, queries, keys}, Shape{1, 3, 1, keys}, Shape{2, 1, queries, 1}, Shape{}}) {
    CAPTURE(to_string(shape));
    const IntArray mask = ebb::uniform_integers(shape, ebb::Key{5}, 0, 3);
    for (const bool causal : {false, true})
      check_fused_equals_composed(inputs(2, queries, keys, {3}, 5, 4), {3}, {.causal = causal, .mask = mask});
  }
}

TEST_CASE("fused attention with a bias of any shape that broadcasts, beside a mask") {
  const Index queries = 67, keys = 90;
  for (const Shape& shape : {Shape{2, 1, 1, keys}, Shape{queries, keys}, Shape{keys}, Shape{queries, 1},
                             Shape{2, 3, queries, keys}, Shape{3, 1, 1}, Shape{}}) {
    CAPTURE(to_string(shape));
    const IntArray mask = ebb::uniform_integers({queries, keys}, ebb::Key{5}, 0, 3);
    const auto x = inputs(2, queries, keys, {3}, 5, 4);
    check_fused_equals_composed(x, {3}, {.bias = sample(shape, 7)});
    check_fused_equals_composed(x, {3}, {.causal = true, .mask = mask, .bias = sample(shape, 7), .scale = 0.3});
  }
}

TEST_CASE("queries in groups share keys and values") {
  for (const Heads heads : {Heads{4, 2}, Heads{6, 1}, Heads{3, 3}, Heads{4, 4}}) {
    CAPTURE(heads.key_heads);
    check_fused_equals_composed(inputs(2, 70, 90, heads, 8, 5), heads, {.causal = true});
  }
  // By hand: each key head stands there as often as it is used.
  const auto x = inputs(1, 5, 7, {4, 2}, 3, 2);
  const auto repeat = [](const Tensor<double>& y) {
    const auto parts = ebb::split(y, 2, -1);
    return ebb::concatenate<double>({parts[0], parts[0], parts[1], parts[1]}, -1);
  };
  const auto grouped = ebb::multi_head_attention(x[0], x[1], x[2], {4, 2});
  CHECK(distance(grouped, ebb::multi_head_attention(x[0], repeat(x[1]), repeat(x[2]), {4})) < 1e-14);
}

TEST_CASE("multi-head attention is attention head by head, whatever axes come before") {
  for (const Shape& batch : {Shape{}, Shape{2}, Shape{2, 3}, Shape{0}}) {
    CAPTURE(to_string(batch));
    const auto shape = [&](Index length, Index width) {
      Shape result = batch;
      result.push_back(length), result.push_back(width);
      return result;
    };
    const auto q = sample(shape(5, 6)), k = sample(shape(7, 6), 2), v = sample(shape(7, 4), 3);
    const auto qs = ebb::split(q, 2, -1), ks = ebb::split(k, 2, -1), vs = ebb::split(v, 2, -1);
    std::vector<Tensor<double>> heads;
    for (std::size_t h = 0; h < 2; ++h) heads.push_back(ebb::scaled_dot_product_attention(qs[h], ks[h], vs[h]));
    CHECK(distance(ebb::multi_head_attention(q, k, v, {2}), ebb::concatenate(heads, -1)) < 1e-14);
  }
}

TEST_CASE("queries share keys and values where the axes before them broadcast") {
  const auto x = sample({2, 3, 4}), memory = sample({5, 4}, 2);
  const auto both = ebb::expand(memory, {2, 5, 4});
  CHECK(distance(ebb::multi_head_attention(x, memory, memory, {2}), ebb::multi_head_attention(x, both, both, {2})) <
        1e-14);
}

TEST_CASE("the memory that fused attention takes grows with the length, not with its square") {
  const Index length = 2048;
  const auto x = as<float>(sample({length, 8}));
  const auto before = ebb::memory_statistics().in_use;
  ebb::reset_peak_memory();
  ebb::Tape<float> tape;
  const auto q = tape.watch(x);
  ebb::grad(ebb::multi_head_attention(q, q, q, {1}, {.causal = true}), {q}, {.cotangent = x});
  CHECK(ebb::memory_statistics().peak_in_use - before < length * length * sizeof(float) / 4);
}

TEST_CASE("derivatives of fused attention to second order") {
  const IntArray mask = ebb::uniform_integers({2, 1, 3, 4}, ebb::Key{5}, 0, 2);
  for (const Heads heads : {Heads{1}, Heads{2}, Heads{4, 2}, Heads{3, 1}, Heads{6, 2}})
    for (const Options& options :
         {Options{}, Options{.causal = true}, Options{.mask = mask, .bias = sample({3, 4}, 7), .scale = 0.3}})
      check_gradients([&](const Values& x) { return ebb::multi_head_attention(x[0], x[1], x[2], heads, options); },
                      inputs(2, 3, 4, heads, 2, 1));
}

TEST_CASE("a bias that is watched gets its gradient") {
  check_gradients([](const Values& x) { return ebb::multi_head_attention(x[0], x[0], x[0], {2}, {.bias = x[1]}); },
                  {sample({3, 4}), sample({2, 1, 3}, 2)});
}

TEST_CASE("fused attention is one record, and made of others where fused operations are off") {
  const auto x = sample({3, 4});
  const auto records = [&](bool fused) {
    const ebb::FusedOperations fused_or_not(fused);
    ebb::Tape<double> tape;
    const auto q = tape.watch(x);
    (void)ebb::scaled_dot_product_attention(q, x, x);
    const Index once = tape.size() - 1;
    (void)ebb::multi_head_attention(q, x, x, {2});
    return std::pair(once, tape.size() - 1 - once);
  };
  CHECK(records(true) == std::pair<Index, Index>{1, 1});
  CHECK(records(false).first == 4);
}

TEST_CASE("fused attention in float is that in double, nearly") {
  for (const Index width : {8, 64}) {
    CAPTURE(width);
    const auto x = inputs(1, 150, 150, {2}, width, width);
    const auto exact = result_and_gradients<double>(x, {2}, {.causal = true}, true);
    const auto rounded =
        result_and_gradients<float>({as<float>(x[0]), as<float>(x[1]), as<float>(x[2])}, {2}, {.causal = true}, true);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      CAPTURE(i);
      CHECK(distance(rounded[i], exact[i]) < 3e-6);
    }
  }
}

TEST_CASE("fused attention gives the same on any number of threads") {
  for (const Heads heads : {Heads{2}, Heads{4, 2}}) {
    const auto x = inputs(2, 300, 330, heads, 16, 16);
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(i);
      CHECK(same_on_any_number_of_threads(
          [&] { return result_and_gradients<double>(x, heads, {.causal = true}, true)[i]; }));
    }
  }
}

TEST_CASE("a query that may attend to nothing gets zero from fused attention, and gives no gradient") {
  IntArray mask({66, 66}, 1);
  for (Index j = 0; j < 66; ++j) mask.mutable_data()[65 * 66 + j] = 0;
  const auto x = inputs(1, 66, 66, {1}, 4, 4);
  const auto got = result_and_gradients<double>(x, {1}, {.mask = mask}, true);
  for (Index j = 0; j < 4; ++j) {
    CHECK(got[0].at({0, 65, j}) == 0);
    CHECK(got[0].at({0, 64, j}) != 0);
    CHECK(got[1].at({0, 65, j}) == 0);
  }
  const auto none = result_and_gradients<double>(x, {1}, {.mask = IntArray(Shape{}, 0)}, true);
  for (const auto& each : none)
    for (const double value : each.to_vector()) CHECK(value == 0);
}

TEST_CASE("a bias of minus infinity hides a key from fused attention") {
  const auto x = inputs(1, 70, 70, {1}, 4, 4);
  std::vector<double> bias(70, 0);
  std::vector<std::int32_t> mask(70, 1);
  for (std::size_t j = 0; j < 66; ++j) bias[j] = -INFINITY, mask[j] = 0;
  const auto by_bias = result_and_gradients<double>(x, {1}, {.bias = Tensor<double>({70}, bias)}, true);
  const auto by_mask = result_and_gradients<double>(x, {1}, {.mask = IntArray({70}, mask)}, true);
  for (std::size_t i = 0; i < by_bias.size(); ++i) CHECK(distance(by_bias[i], by_mask[i]) == 0);
}

TEST_CASE("a NaN comes through fused attention in the rows that see it, and no others") {
  auto x = inputs(1, 70, 70, {1}, 4, 4);
  std::vector<double> keys = x[1].to_vector();
  keys[66 * 4] = NAN;
  const auto y =
      ebb::multi_head_attention(x[0], Tensor<double>(x[1].shape(), keys), x[2], {1}, {.causal = true}).to_vector();
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i >= 66 * 4));
}

TEST_CASE("a NaN or infinity that is hidden from a query touches neither its result nor any gradient through it") {
  const double inf = INFINITY;
  IntArray padding({70}, 1);
  for (Index j = 60; j < 70; ++j) padding.mutable_data()[j] = 0;
  std::vector<double> bias(70, 0);
  std::fill(bias.begin() + 60, bias.end(), -inf);
  const std::vector<Options> hiding{
      {.causal = true}, {.mask = padding}, {.bias = Tensor<double>({70}, bias)}, {.causal = true, .mask = padding}};
  for (const bool fused : {false, true})
    for (const Options& options : hiding)
      for (const std::size_t spoilt : {0U, 1U, 2U})
        for (const double value : {double(NAN), inf, -inf}) {
          CAPTURE(fused);
          CAPTURE(options.causal);
          CAPTURE(spoilt);
          CAPTURE(value);
          // Only the first 60 queries matter to the loss, and none of these sees what comes after.
          const auto run = [&](bool spoil) {
            auto x = inputs(1, 70, 70, {2}, 4, 4);
            std::vector<double> numbers = x[spoilt].to_vector();
            if (spoil) std::fill(numbers.begin() + 65 * 8 + 1, numbers.begin() + 65 * 8 + 3, value);
            x[spoilt] = Tensor<double>(x[spoilt].shape(), numbers);
            const ebb::FusedOperations fused_or_not(fused);
            ebb::Tape<double> tape;
            for (auto& each : x) each = tape.watch(each);
            const auto y = ebb::slice(ebb::multi_head_attention(x[0], x[1], x[2], {2}, options), 1, {.stop = 60});
            const auto gradients = ebb::grad(y, x, {.cotangent = sample(y.shape(), 9)});
            return std::vector<Tensor<double>>{y.detach(), gradients[0], gradients[1], gradients[2]};
          };
          const auto plain = run(false), got = run(true);
          for (std::size_t i = 0; i < got.size(); ++i) CHECK(distance(got[i], plain[i]) < 1e-12);
        }
}

TEST_CASE("infinities of values pass into the rows that see them, beside hidden ones") {
  const double inf = INFINITY;
  const Tensor<double> q = sample({3, 1}), k = sample({3, 1}, 2), v({3, 2}, {1, -inf, inf, 2, NAN, 3});
  for (const bool fused : {false, true}) {
    const ebb::FusedOperations fused_or_not(fused);
    const auto y = ebb::scaled_dot_product_attention(q, k, v, {.causal = true}).to_vector();
    CHECK(y[0] == 1);
    CHECK(y[1] == -inf);
    CHECK(y[2] == inf);
    CHECK(y[3] == -inf);
    CHECK(std::isnan(y[4]));
    CHECK(y[5] == -inf);
  }
}

TEST_CASE("a row that a bias of minus infinity masks wholly is 0, with gradients 0 of first and second order") {
  for (const bool fused : {false, true})
    for (const bool tracked : {false, true}) {
      CAPTURE(fused);
      CAPTURE(tracked);
      const ebb::FusedOperations fused_or_not(fused);
      ebb::Tape<double> tape;
      const auto q = tape.watch(sample({2, 2})), k = tape.watch(sample({3, 2}, 2)), v = tape.watch(sample({3, 2}, 3));
      Tensor<double> bias({2, 1}, {-INFINITY, 0});
      if (tracked) bias = tape.watch(bias);
      const auto y = ebb::scaled_dot_product_attention(q, k, v, {.bias = bias});
      CHECK(ebb::attention_weights(q, k, {.bias = bias}).at({0, 0}) == 0);
      const auto dq = ebb::grad(y, q, {.cotangent = sample({2, 2}, 4), .create_graph = true});
      const auto second = ebb::grad(dq, {q, k, v}, {.cotangent = sample({2, 2}, 5)});
      for (Index j = 0; j < 2; ++j) {
        CHECK(y.at({0, j}) == 0);
        CHECK(dq.at({0, j}) == 0);
        CHECK(dq.at({1, j}) != 0);
        CHECK(second[0].at({0, j}) == 0);
        CHECK(std::isfinite(second[1].at({0, j})));
      }
      if (tracked)
        for (const double g : ebb::grad(ebb::sum(y), bias).to_vector()) CHECK(std::abs(g) < 1e-15);
    }
}

TEST_CASE("large scores leave the gradients of attention as they are") {
  const Tensor<float> v({3, 1}, {1.0f, 2.0f, 4.0f});
  for (const bool fused : {false, true})
    for (const double by : {1e5, -1e5, 1e9, -1e9, 1e30, -1e30}) {
      CAPTURE(fused);
      CAPTURE(by);
      const ebb::FusedOperations fused_or_not(fused);
      ebb::Tape<float> tape;
      const auto q = tape.watch(ebb::zeros<float>({1, 1})), k = tape.watch(ebb::zeros<float>({3, 1})),
                 x = tape.watch(v);
      const auto by_bias = ebb::scaled_dot_product_attention(q, k, x, {.bias = ebb::full<float>({1, 3}, by)});
      for (const float g : ebb::grad(ebb::sum(by_bias), x).to_vector()) CHECK(g == Approx(1.0 / 3).epsilon(1e-6));
      const auto keys = tape.watch(ebb::full<float>({3, 1}, by));
      const auto by_score = ebb::scaled_dot_product_attention(ebb::ones<float>({1, 1}), keys, x);
      const auto g = ebb::grad(ebb::sum(by_score), {x, keys});
      for (int i = 0; i < 3; ++i) {
        CHECK(g[0].data()[i] == Approx(1.0 / 3).epsilon(1e-6));
        CHECK(g[1].data()[i] == Approx((static_cast<double>(v.data()[i]) - 7.0 / 3) / 3).epsilon(1e-6));
      }
    }
}

TEST_CASE("a saturated softmax within attention shows its gradient, however small") {
  // One query, two keys: dq = p1 p2 (v1 - v2) (k1 - k2), p2 = 1 / (1 + e^gap).
  for (const bool fused : {false, true})
    for (const float gap : {1.0f, 5.0f, 10.0f, 17.0f, 30.0f, 60.0f, 80.0f}) {
      CAPTURE(fused);
      CAPTURE(gap);
      const ebb::FusedOperations fused_or_not(fused);
      ebb::Tape<float> tape;
      const auto q = tape.watch(ebb::ones<float>({1, 1})), k = tape.watch(Tensor<float>({2, 1}, {gap, 0.0f}));
      const Tensor<float> v({2, 1}, {0.7f, 1.9f});
      const auto g = ebb::grad(ebb::scaled_dot_product_attention(q, k, v), {q, k});
      const double p = 1 / (1 + std::exp(static_cast<double>(gap))), ds = p * (1 - p) * (0.7 - 1.9);
      CHECK(g[0].data()[0] == Approx(ds * static_cast<double>(gap)).epsilon(1e-5).scale(0));
      CHECK(g[1].data()[0] == Approx(ds).epsilon(1e-5).scale(0));
      CHECK(g[1].data()[1] == Approx(-ds).epsilon(1e-5).scale(0));
    }
}

TEST_CASE("the gradient of each query is precise in float, however saturated its row") {
  for (const bool fused : {false, true})
    for (const Heads heads : {Heads{2}, Heads{4, 2}})
      for (const bool causal : {false, true}) {
        CAPTURE(fused);
        CAPTURE(causal);
        auto x = inputs(2, 150, 170, heads, 4, 4);
        for (auto& each : x) each = as<double>(as<float>(each));  // so that both start from the same numbers
        const double scale = 64;                                  // most queries look at one key, some at several
        const auto exact = result_and_gradients<double>(x, heads, {.causal = causal, .scale = scale}, false);
        const auto got = result_and_gradients<float>({as<float>(x[0]), as<float>(x[1]), as<float>(x[2])}, heads,
                                                     {.causal = causal, .scale = scale}, fused);
        // The scores, of size 100, are rounded to 1e-5 themselves, and e^score with them.
        const auto squares = [](const Tensor<double>& dq) { return ebb::sum(dq * dq, -1).to_vector(); };
        const auto apart = squares(as<double>(got[1]) - exact[1]), size = squares(exact[1]);
        for (std::size_t i = 0; i < size.size(); ++i) CHECK(std::sqrt(apart[i]) <= 1e-4 * std::sqrt(size[i]) + 1e-30);
      }
}

TEST_CASE("a checkpoint whose function computes a bias of attention gives the same values again") {
  const auto f = [](const std::vector<Tensor<float>>& x) {
    return ebb::scaled_dot_product_attention(x[0], x[0], x[0], {.bias = ebb::matmul(x[0], x[1])});
  };
  const std::vector<Tensor<float>> x{as<float>(sample({9, 4})), as<float>(sample({4, 9}, 2))};
  ebb::Tape<float> tape;
  const auto watched = tape.watch(x[0]), bias = tape.watch(x[1]);
  CHECK(f({watched, bias}).to_vector() == f(x).to_vector());
}

TEST_CASE("the second derivative of attention of width 0 is finite") {
  ebb::Tape<double> tape;
  const auto q = tape.watch(ebb::zeros<double>({3, 0})), v = tape.watch(sample({3, 2}));
  const auto y = ebb::scaled_dot_product_attention(q, q, v);
  const auto dv = ebb::grad(ebb::sum(y * y), v, {.create_graph = true});
  for (const double g : ebb::grad(ebb::sum(dv * dv), v).to_vector()) CHECK(std::isfinite(g));
}

TEST_CASE("scores far apart neither overflow nor vanish in fused attention") {
  const Tensor<float> q({1, 1}, {100.0f}), k({3, 1}, {-100.0f, 50.0f, 100.0f}), v({3, 1}, {1.0f, 2.0f, 3.0f});
  const auto y = ebb::scaled_dot_product_attention(q, k, v);
  CHECK(y.item() == 3.0f);
  CHECK(ebb::scaled_dot_product_attention(q, k, v, {.scale = 1e34}).item() == 3.0f);
}

TEST_CASE("multi-head attention refuses widths and heads that do not fit") {
  const auto x = ebb::zeros<float>({2, 3, 6});
  CHECK_ERROR(ebb::multi_head_attention(x, x, x, {4}),
              "multi_head_attention: queries of shape [2, 3, 6] cannot be divided among 4 heads");
  CHECK_ERROR(ebb::multi_head_attention(x, x, x, {0}), "among 0 heads");
  CHECK_ERROR(ebb::multi_head_attention(x, x, x, {3, 2}), "do not fit 3 heads of queries and 2 of keys");
  CHECK_ERROR(ebb::multi_head_attention(x, x, x, {6, 3}),
              "queries of shape [2, 3, 6] and keys of shape [2, 3, 6] do not fit 6 heads of queries and 3 of keys");
  CHECK_ERROR(ebb::multi_head_attention(x, x, ebb::zeros<float>({2, 4, 6}), {2}),
              "keys of shape [2, 3, 6] and values of shape [2, 4, 6] must have the same number of positions");
  CHECK_ERROR(ebb::multi_head_attention(x, x, x, {2}, {.mask = IntArray({4}, 1)}),
              "a mask of shape [4] does not broadcast to the scores, [2, 2, 3, 3]");
  CHECK_ERROR(ebb::multi_head_attention(x, x, x, {2}, {.mask = IntArray({4}, 1)}), "fused_attention_test.cpp:");
}

TEST_CASE("heads are split off the width and joined to it again") {
  const Tensor<double> x({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  const auto heads = ebb::split_heads(x, 2);
  CHECK(heads.shape() == Shape{2, 2, 2});
  CHECK(heads.to_vector() == std::vector<double>{1, 2, 5, 6, 3, 4, 7, 8});
  CHECK(ebb::join_heads(heads).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::split_heads(x, 3), "split_heads: [2, 4] cannot be divided among 3 heads");
}
