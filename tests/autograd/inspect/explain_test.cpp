#include <algorithm>
#include <cmath>
#include <sstream>

#include "support/check.hpp"

using namespace ebb_test;
using T = Tensor<double>;

namespace {

/// The lines of a text that hold this word, joined.
std::string lines_with(const std::string& text, const std::string& word) {
  std::istringstream in(text);
  std::string found;
  for (std::string line; std::getline(in, line);)
    if (contains(line, word)) found += line + '\n';
  return found;
}

}  // namespace

TEST_CASE("explain shows the formula, the place, the numbers, and central differences") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {0, 0.5}));
  T y;
  {
    const ebb::Scope scope("cell");
    y = tanh(x);
  }
  const T loss = sum(3 * y);
  tape.backward(loss);
  const std::string text = explain(tape[1]);
  CHECK(contains(text, "record 1: tanh in cell, made at "));
  CHECK(contains(text, "explain_test.cpp:"));
  CHECK(contains(text, "y = tanh(x)"));
  CHECK(contains(text, "dx = dy (1 - y^2)"));
  CHECK(contains(lines_with(text, "#0 watch"), "x   #0 watch     [2] {0, 0.5}"));
  CHECK(contains(text, "[2] {0, 0.462117}"));
  CHECK(contains(lines_with(text, "arrives"), "[2] {3, 3}"));
  CHECK(contains(lines_with(text, "to #0"), "[2] {3, 2.35934}"));
  CHECK(contains(lines_with(text, "differences"), "[2] {3, 2.35934}   at most "));
}

TEST_CASE("explain follows a walk by hand, and takes ones where no walk has come") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {1, 2}));
  const T loss = sum(square(x));
  CHECK(contains(explain(tape[1]), "[2] {1, 1}   no walk has come here"));
  CHECK(contains(explain(tape[0]), "nothing yet: no walk has come here"));
  ebb::Walk walk(tape, loss, T({}, {5}));
  REQUIRE(walk.step());
  REQUIRE(walk.step());
  CHECK(contains(lines_with(explain(walk.record()), "arrives"), "[2] {5, 5}"));
  // A record that takes one tensor twice passes on the sum; so do the differences, which move both.
  const std::string flow = lines_with(explain(walk.record()), "to #0");
  CHECK(contains(flow, "da + db"));
  CHECK(contains(flow, "[2] {10, 20}"));
  CHECK(contains(lines_with(explain(walk.record()), "differences"), "[2] {10, 20}"));
  REQUIRE(walk.step());
  CHECK(contains(explain(walk.record()), "dy  arrives   [2] {10, 20}"));
}

TEST_CASE("explain calls no hook, stops at no condition, and changes nothing") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {1, 2}));
  const T y = exp(x), kept = checkpoint([](const T&u) { return exp(u); }, y), loss = sum(kept);
  int calls = 0;
  tape.hook(y, [&](const T&) { ++calls; });
  tape.backward(loss, {.keep = true});
  CHECK(calls == 1);
  break_when(tape, ebb::op_is("exp"));
  const ebb::Index size = tape.size();
  CHECK_NOTHROW(explain(tape[2]));
  const std::string once = explain(tape[1]);
  CHECK(explain(tape[1]) == once);
  CHECK(calls == 1);
  CHECK(tape.size() == size);
  CHECK(tape.gradient(x).to_vector() == (kept * y).to_vector());
}

TEST_CASE("explain differences a checkpoint's arguments and the parameters that it captured") {
  Tape<double> tape({.keep_all = true});
  const ebb::Parameter<double> w(ebb::Array<double>({2}, {0.5, -1}), "w");
  const T x = tape.watch(T({2}, {1, 2})), outside = tape.watch(T({2}, {1, 1}));
  const T y = checkpoint([&](const T& u) { return u * w + outside; }, x);
  tape.backward(sum(y));
  const std::string text = explain(tape[y]);
  CHECK(contains(lines_with(text, "to #0"), "[2] {0.5, -1}"));
  CHECK(contains(lines_with(text, "differences"), "[2] {0.5, -1}   at most "));
  CHECK(contains(lines_with(text, "differences"), "[2] {1, 2}   at most "));
  CHECK(contains(lines_with(text, "differences"), "none: the function captured this tensor"));
  CHECK(w.value().to_vector() == std::vector<double>{0.5, -1});
}

TEST_CASE("explain shows an argument that a checkpoint's function did not use as the constant that it is") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {1, 2})), unused = tape.watch(T({2}, {3, 4}));
  const T y = checkpoint([](const T& u, const T&) { return exp(u); }, x, unused);
  CHECK(contains(lines_with(explain(tape[y]), "constant"), "x_1    constant     [2] {3, 4}"));
}

TEST_CASE("explain shows the first elements of a large tensor, and works in float") {
  Tape<float> tape({.keep_all = true});
  const auto x = tape.watch(ebb::full<float>({100, 100}, 0.5));
  tape.backward(sum(square(x)));
  const std::string text = explain(tape[1]);
  CHECK(contains(lines_with(text, "to #0"), "[100, 100] {{1, 1, 1, 1, 1, 1, ...}, ...}"));
}

TEST_CASE("an op without a formula is explained by its numbers") {
  static constexpr ebb::Op<double> twice{
      "twice", [](ebb::Record<double>&, ebb::Inputs<double> x) { return (x[0] * 2).value(); },
      [](const ebb::Record<double>&, const T& dy, ebb::Adjoints<double>& d) { d.add(0, dy * 3); }};  // wrong
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({1}, {1}));
  tape.backward(apply(twice, {&x}, {}, ebb::SourceLocation::current()));
  const std::string text = explain(tape[1]);
  CHECK(contains(text, "(its Op has no Formula)"));
  CHECK(contains(lines_with(text, "to #0"), "dx_0  to #0        [1] {3}"));
  CHECK(contains(lines_with(text, "differences"), "[1] {2}   at most 1 apart"));
}

TEST_CASE("explain says where a derivative passes nothing on") {
  static constexpr ebb::Op<double> sign{
      "sign", [](ebb::Record<double>&, ebb::Inputs<double> x) { return Array<double>(x[0].shape(), 1.0); },
      [](const ebb::Record<double>&, const T&, ebb::Adjoints<double>&) {}};
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({1}, {2}));
  tape.backward(apply(sign, {&x}, {}, ebb::SourceLocation::current()));
  CHECK(contains(lines_with(explain(tape[1]), "to #0"), "nothing"));
}

TEST_CASE("explain says what it lacks") {
  ebb::Record<double> record;
  {
    Tape<double> tape;
    const T x = tape.watch(T({1}, {1}));
    CHECK_ERROR(explain(tape[0]), "Tape<T> tape({.keep_all = true})");
    record = tape[0];
  }
  CHECK_ERROR(explain(record), "no longer in scope");
}

TEST_CASE("the differences hold where a function is steep or ends, in double and in float") {
  const auto distance_at = [](auto number) {
    using N = decltype(number);
    Tape<N> tape({.keep_all = true});
    const Tensor<N> x = tape.watch(Tensor<N>({1}, {number}));
    tape.backward(sum(log(x) + 1 / x));
    double worst = 0;
    for (const ebb::Index record : {1, 2}) {
      std::istringstream in(explain(tape[record]));
      for (std::string before, word; in >> word; before = word)
        if (word == "apart") worst = std::max(worst, std::stod(before) / tape.gradient(x).item() * -1);
    }
    return worst;
  };
  CHECK(distance_at(1e-7) < 1e-6);
  CHECK(distance_at(1e-3f) < 1e-2);
}

TEST_CASE("a difference that is not a number is told, whichever element it is at") {
  static constexpr ebb::Op<double> broken{"broken",
                                          [](ebb::Record<double>&, ebb::Inputs<double> x) { return exp(x[0]).value(); },
                                          [](const ebb::Record<double>&, const T&, ebb::Adjoints<double>& d) {
                                            d.add(0, T({2}, {NAN, 1}));
                                          }};
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {0, 0}));
  tape.backward(sum(apply(broken, {&x}, {}, ebb::SourceLocation::current())));
  CHECK(contains(lines_with(explain(tape[1]), "differences"), "nan apart"));
}

TEST_CASE("explain cannot look on from inside a checkpoint's function") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({1}, {1})), y = exp(x);
  CHECK_ERROR(checkpoint(
                  [&](const T& u) {
                    explain(tape[1]);
                    return u * 2;
                  },
                  y),
              "explain() cannot look on inside a function given to checkpoint()");
}

namespace {

/// The line of differences that explain shows for the last record of `y`, a function of x.
template <class F>
std::string differences_in_float(const std::vector<float>& x, F f) {
  Tape<float> tape({.keep_all = true});
  const Tensor<float> y = f(tape.watch(Tensor<float>({static_cast<Index>(x.size())}, std::span<const float>(x))));
  return lines_with(explain(tape[tape.size() - 1]), "differences");
}

}  // namespace

TEST_CASE("the step of a difference is as large as what is summed asks for") {
  using F = Tensor<float>;
  const std::string plus = differences_in_float({1, 2}, [](const F& x) { return x + 1000.F; });
  CHECK(contains(plus, "at most 0.0004 apart\n"));
  const std::string sum_of_many = differences_in_float(std::vector<float>(300, 1), [](const F& x) { return sum(x); });
  CHECK_FALSE(contains(sum_of_many, "[300] {0,"));
  CHECK_FALSE(contains(sum_of_many, "cannot tell"));
  std::vector<float> cancelling(300, 1000);
  for (std::size_t i = 0; i < cancelling.size(); i += 2) cancelling[i] = -1000;
  CHECK_FALSE(contains(differences_in_float(cancelling, [](const F& x) { return sum(x); }), "[300] {0,"));
}

TEST_CASE("explain says where float cannot tell a derivative") {
  using F = Tensor<float>;
  for (const float large : {1e7F, 1e10F, 1e30F})
    CHECK(contains(differences_in_float({1, 2}, [large](const F& x) { return x + large; }),
                   "but float cannot tell what is less than "));
  CHECK_FALSE(contains(differences_in_float({-3, 1e6F}, [](const F& x) { return relu(x); }), "cannot tell"));
  CHECK_FALSE(contains(differences_in_float({0, 0.5}, [](const F& x) { return tanh(x); }), "cannot tell"));
}
