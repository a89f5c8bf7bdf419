#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using T = ebb::Tensor<double>;

namespace {

/// The reason that stops `f`, given a tape with the condition; empty if nothing does.
template <class F>
std::string stopped(double below, F f) {
  Tape<double> tape;
  break_when(tape, ebb::attention_entropy{.below = below});
  try {
    f(tape);
  } catch (const ebb::Break& stop) {
    return stop.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a softmax row that is nearly one-hot stops, and says which row it is") {
  const auto run = [](const T& x) { return [x](Tape<double>& tape) { (void)softmax(tape.watch(x)); }; };
  CHECK(stopped(0.1, run(T({2, 3}, {0, 1, 2, 0, 0, 0}))) == "");
  const std::string message = stopped(0.1, run(T({2, 3}, {0, 1, 2, 0, 0, 30})));
  CHECK(contains(message, "(softmax)"));
  CHECK(contains(message, "row [1] of the attention weights has an entropy of "));
  CHECK(contains(message, " nat, below 0.1"));
  // log 3 is the most that a row of three can have
  CHECK(stopped(1.098, run(T({1, 3}, {0, 0, 0}))) == "");
  CHECK(contains(stopped(1.1, run(T({1, 3}, {0, 0, 0}))), "an entropy of 1.1 nat"));
}

TEST_CASE("rows that may attend to one position or none have no choice, and do not stop") {
  const ebb::IntArray mask({3, 3}, {1, 0, 0, 0, 0, 0, 1, 1, 0});
  CHECK(stopped(0.5, [&](Tape<double>& tape) { (void)softmax(tape.watch(ebb::zeros<double>({3, 3})), mask); }) == "");
  CHECK(contains(stopped(0.7,
                         [&](Tape<double>& tape) {
                           (void)softmax(tape.watch(ebb::zeros<double>({3, 3})), mask);
                         }),
                 "row [2] of the attention weights has an entropy of 0.693"));
}

TEST_CASE("fused attention stops where composed attention does") {
  const T q = 40 * sample({2, 4, 6}, 1), k = sample({2, 4, 6}, 2), v = sample({2, 4, 6}, 3);
  for (const bool causal : {false, true}) {
    std::string messages[2];
    for (const bool fused : {false, true}) {
      const ebb::FusedOperations mode(fused);
      messages[fused] = stopped(0.01, [&](Tape<double>& tape) {
        (void)multi_head_attention(tape.watch(q), k, v, {.heads = 2}, {.causal = causal});
      });
      CHECK(contains(messages[fused], fused ? "(multi_head_attention)" : "(softmax)"));
      CHECK(stopped(0.01, [&](Tape<double>& tape) {
              (void)multi_head_attention(tape.watch(q / 400), k, v, {.heads = 2}, {.causal = causal});
            }) == "");
    }
    const auto row = [](const std::string& message) { return message.substr(message.find("row [")); };
    CHECK(row(messages[0]) == row(messages[1]));
  }
}

TEST_CASE("a softmax along another axis than the last is not attention's") {
  CHECK(stopped(5, [](Tape<double>& tape) { (void)softmax(tape.watch(ebb::zeros<double>({3, 3})), 0); }) == "");
}

TEST_CASE("asking for the entropy records nothing") {
  Tape<double> tape;
  const T q = tape.watch(sample({3, 2}, 1));
  break_when(tape, ebb::attention_entropy{.below = 1e-9});
  (void)scaled_dot_product_attention(q, q, q);
  CHECK(tape.size() == 2);
}

TEST_CASE("queries that the walk is to compute anew are looked at while they are there") {
  Tape<float> tape({.recompute_from = 0});
  const auto x = tape.watch(ebb::uniform<float>({4, 6}, ebb::Key{1}));
  break_when(tape, ebb::attention_entropy{.below = 1e-6});
  const auto q = layer_norm(x);
  CHECK_NOTHROW((void)scaled_dot_product_attention(q, q, x));
}
