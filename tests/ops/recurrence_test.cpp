#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

double s(double x) { return 1 / (1 + std::exp(-x)); }

/// The inputs of a recurrence with so many gates: x, weight, initial state, and the initial cell or a bias.
Values inputs(Index gates, const Shape& before, Index length, Index hidden) {
  Shape x = before, state = before;
  x.push_back(length), x.push_back(gates * hidden), state.push_back(hidden);
  return {small_sample(x, 1), small_sample({hidden, gates * hidden}, 2), small_sample(state, 3),
          gates == 3 ? small_sample({3 * hidden}, 4) : small_sample(state, 4)};
}

struct Kind {
  const char* name;
  Index gates;
  ebb::Function run;  // all that it gives, in one tensor
};

const std::vector<Kind> kinds{
    {"rnn", 1, [](const Values& v) { return ebb::rnn(v[0], v[1], v[2]); }},
    {"gru", 3, [](const Values& v) { return ebb::gru(v[0], v[1], v[2], v[3]); }},
    {"lstm", 4,
     [](const Values& v) {
       const auto [hidden, cell] = ebb::lstm(v[0], v[1], v[2], v[3]);
       return concatenate({hidden, unsqueeze(cell, -2)}, -2);
     }},
};

Values some(const Kind& kind, const Shape& before, Index length, Index hidden) {
  Values v = inputs(kind.gates, before, length, hidden);
  if (kind.gates == 1) v.pop_back();
  return v;
}

}  // namespace

TEST_CASE("rnn of hand-computed numbers") {
  const Tensor<double> x({2, 1}, {0.5, -1}), w({1, 1}, {2}), h({1}, {0.25});
  const double first = std::tanh(0.5 + 2 * 0.25);
  check_values(ebb::rnn(x, w, h), {first, std::tanh(-1 + 2 * first)});
}

TEST_CASE("gru of hand-computed numbers: r scales what the weight and the bias give for n") {
  const Tensor<double> x({1, 3}, {1, 2, 3}), w({1, 3}, {4, 5, 6}), h({1}, {0.5}), bias({3}, {0.1, 0.2, 0.3});
  const double r = s(1 + 2 + 0.1), z = s(2 + 2.5 + 0.2), n = std::tanh(3 + r * (3 + 0.3));
  check_values(ebb::gru(x, w, h, bias), {(1 - z) * n + z * 0.5});
}

TEST_CASE("lstm of hand-computed numbers: gates i, f, g, o") {
  const Tensor<double> x({2, 4}, {1, 2, 3, 4, -1, -2, -3, -4}), w({1, 4}, {0.5, 0.25, -0.5, 1}), h({1}, {0.5}),
      c({1}, {-2});
  const auto [hidden, cell] = ebb::lstm(x, w, h, c);
  const double c1 = s(2 + 0.125) * -2 + s(1 + 0.25) * std::tanh(3 - 0.25), h1 = s(4 + 0.5) * std::tanh(c1);
  const double c2 = s(-2 + 0.25 * h1) * c1 + s(-1 + 0.5 * h1) * std::tanh(-3 - 0.5 * h1);
  check_values(hidden, {h1, s(-4 + h1) * std::tanh(c2)});
  check_values(cell, {c2});
}

TEST_CASE("derivatives of recurrences with respect to all inputs, to second order") {
  for (const Kind& kind : kinds)
    for (const auto& [before, length, hidden] : std::vector<std::tuple<Shape, Index, Index>>{
             {{2}, 3, 2}, {{}, 2, 3}, {{1}, 1, 1}, {{2, 1}, 2, 2}, {{0}, 2, 2}, {{2}, 0, 2}, {{2}, 2, 0}}) {
      CAPTURE(kind.name);
      CAPTURE(to_string(before));
      CAPTURE(length);
      CAPTURE(hidden);
      check_gradients(kind.run, some(kind, before, length, hidden));
    }
}

TEST_CASE("one tensor as initial state and as initial cell gets both gradients") {
  const Values v = inputs(4, {2}, 2, 2);
  check_gradients([&](const Values& x) { return ebb::lstm(v[0], v[1], x[0], x[0]).cell; }, {v[2]});
}

TEST_CASE("recurrences made of primitive operations: the values and derivatives of the fused ones") {
  for (const Kind& kind : kinds) {
    CAPTURE(kind.name);
    // More sequences than the fused ones take at a time, of which the last ones are fewer.
    const Values given = some(kind, {53}, 4, 5);
    const auto derivatives = [&](bool fused) {
      const ebb::FusedOperations here(fused);
      ebb::Tape<double> tape;
      Values x;
      for (const auto& each : given) x.push_back(tape.watch(each));
      const Tensor<double> y = kind.run(x);
      Values all = grad(sum(square(y)), x);
      all.push_back(y);
      return all;
    };
    const auto fused = derivatives(true), composed = derivatives(false);
    for (std::size_t i = 0; i < fused.size(); ++i) check_values(composed[i], fused[i].to_vector());
  }
}

TEST_CASE("without a step, the initial cell is the last one, and there is no output") {
  const Values v = inputs(4, {2}, 0, 3);
  for (const bool fused : {true, false}) {
    const ebb::FusedOperations here(fused);
    const auto [hidden, cell] = ebb::lstm(v[0], v[1], v[2], v[3]);
    CHECK(hidden.shape() == Shape{2, 0, 3});
    CHECK(cell.to_vector() == v[3].to_vector());
  }
}

TEST_CASE("recurrences and their derivatives are the same on any number of threads") {
  for (const Index gates : {1, 3, 4}) {
    CAPTURE(gates);
    const auto sample_of = [](const Shape& shape, std::uint64_t seed) {
      return ebb::uniform<float>(shape, ebb::Key{seed}, -1, 1);
    };
    const Values shapes = inputs(gates, {70}, 9, 33);
    const auto run = [&](std::size_t which) {
      ebb::Tape<float> tape;
      std::vector<Tensor<float>> x;
      for (std::size_t i = 0; i < 4; ++i) x.push_back(tape.watch(sample_of(shapes[i].shape(), i)));
      const auto y = gates == 1   ? ebb::rnn(x[0], x[1], x[2])
                     : gates == 3 ? ebb::gru(x[0], x[1], x[2], x[3])
                                  : ebb::lstm(x[0], x[1], x[2], x[3]).hidden;
      return which == 4 ? y : ebb::grad(sum(square(y)), x, {.allow_unused = true})[which];
    };
    for (const std::size_t which : {0U, 1U, 2U, 3U, 4U})
      CHECK(same_on_any_number_of_threads([&] { return run(which); }));
  }
}

TEST_CASE("recurrences refuse shapes that do not fit, with the caller's line") {
  const auto x = ebb::zeros<float>({2, 5, 12}), w = ebb::zeros<float>({3, 12}), h = ebb::zeros<float>({2, 3});
  for (const bool fused : {true, false}) {
    const ebb::FusedOperations here(fused);
    CHECK_ERROR(ebb::lstm(x, ebb::zeros<float>({4, 12}), h, h),
                "lstm: x must be [..., length, 4 hidden] and the weight [hidden, 4 hidden], but the shapes are "
                "[2, 5, 12] and [4, 12]",
                "recurrence_test.cpp");
    CHECK_ERROR(ebb::lstm(x, w, ebb::zeros<float>({3}), h), "the initial state must have the shape [2, 3], not [3]");
    CHECK_ERROR(ebb::lstm(x, w, h, ebb::zeros<float>({2, 4})),
                "the initial cell must have the shape [2, 3], not [2, 4]");
    const auto x3 = ebb::zeros<float>({2, 5, 9}), w3 = ebb::zeros<float>({3, 9});
    CHECK_ERROR(ebb::gru(x3, w3, h, h), "gru: the bias must have the shape [9], not [2, 3]");
    CHECK_ERROR(ebb::rnn(x, w, h), "rnn: x must be [..., length, hidden] and the weight [hidden, hidden]");
    CHECK_ERROR(ebb::rnn(Tensor<float>(), w, h), "rnn: input 0 is undefined");
  }
}
