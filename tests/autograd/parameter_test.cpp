#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using P = Parameter<double>;
using List = std::vector<double>;

P made(std::initializer_list<double> values, std::string name = {}) {
  return P(Array<double>({static_cast<ebb::Index>(values.size())}, values), std::move(name));
}

/// Writes into the parameter's own buffer, if it has it to itself, as an optimizer does.
void step(P& w, double rate) {
  Array<double> value = w.value().value();
  const T gradient = w.gradient();
  w.state().value = Array<double>();
  double* values = value.mutable_data();
  for (ebb::Index i = 0; i < value.size(); ++i) values[i] -= rate * gradient.data()[i];
  w.set_value(value);
  w.clear_gradient();
}

}  // namespace

TEST_CASE("a parameter is copied by clone() alone, which is deep, and assigned to by set_value()") {
  static_assert(!std::is_copy_constructible_v<P> && !std::is_copy_assignable_v<P>);
  static_assert(std::is_nothrow_move_constructible_v<P> && std::is_nothrow_move_assignable_v<P>);
  P w = made({1, 2}, "w");
  w.set_gradient(Array<double>({2}, {5, 6}));
  P copy = w.clone();
  copy.set_value(Array<double>({2}, {3, 4}));
  copy.clear_gradient();
  copy.set_trainable(false);
  CHECK(w.value().to_vector() == List{1, 2});
  CHECK(w.gradient().to_vector() == List{5, 6});
  CHECK(w.trainable());
  CHECK(copy.name() == "w");
  CHECK(&copy.state() != &w.state());
  copy.set_value(w.value());
  CHECK(copy.value().to_vector() == List{1, 2});
}

TEST_CASE("a parameter that was moved from is undefined, and says so when it is used") {
  P w = made({1, 2}, "w");
  const P moved = std::move(w);
  CHECK(!w.defined());
  CHECK_ERROR(w.value(), "was moved from, perhaps with its model");
  CHECK_ERROR(w.shape(), "was moved from");
  CHECK_ERROR(w.set_value(T({2}, {1, 2})), "was moved from");
  CHECK_ERROR(w.name(), "was moved from");
  CHECK_ERROR(w * moved, "was moved from");
  CHECK_ERROR(tie(w, w), "was moved from");
  w = made({3});
  CHECK(w.value().item() == 3);
}

TEST_CASE("a gradient needs a value of its shape") {
  P none, w = made({1, 2}, "w");
  CHECK_ERROR(none.set_gradient(T({2}, {1, 2})), "has no value that it could be of");
  CHECK_ERROR(w.set_gradient(T({3}, {1, 2, 3})), "'w' has shape [2], but the gradient it is to take has [3]");
}

TEST_CASE("parameters of different shapes are not tied") {
  const P a = made({1, 2}, "a");
  P b = made({1, 2, 3}, "b"), none;
  CHECK_ERROR(tie(a, b), "tie(): parameter 'a' has shape [2], but 'b' has [3]");
  tie(a, none);
  CHECK(&a.state() == &none.state());
}

TEST_CASE("moving a parameter keeps its identity, on the tape as well") {
  P w = made({3});
  Tape<double> tape;
  const T y = total(w * w);
  P moved = std::move(w);
  tape.backward(y);
  CHECK(moved.gradient().to_vector() == List{6});
}

TEST_CASE("tied parameters are one: one leaf, one gradient") {
  const P a = made({3});
  P b = made({4});
  tie(a, b);
  CHECK(&a.state() == &b.state());
  Tape<double> tape;
  tape.backward(total(a * b));
  CHECK(a.gradient().to_vector() == List{6});
  CHECK(b.gradient().to_vector() == List{6});
  CHECK(tape.leaves_of(b).size() == 1);
  b.set_value(Array<double>({1}, 7.0));
  CHECK(a.value().to_vector() == List{7});
}

TEST_CASE("a frozen parameter is a constant") {
  P w = made({3}), v = made({4});
  w.set_trainable(false);
  Tape<double> tape;
  const T y = total(w * v);
  tape.backward(y);
  CHECK(!w.gradient().defined());
  CHECK(v.gradient().to_vector() == List{3});
  CHECK(tape.leaves_of(w).empty());
}

TEST_CASE("a parameter has one leaf on a tape, however often it is used") {
  const P w = made({3});
  Tape<double> tape;
  const T y = w * w * w + T(w);
  CHECK(tape.leaves_of(w).size() == 1);
  CHECK(tape[0].parameter == w.shared_state());
}

TEST_CASE("gradients add up over backward calls, until they are cleared") {
  P w = made({3});
  for (int round = 1; round <= 3; ++round) {
    Tape<double> tape;
    tape.backward(total(w * w));
    CHECK(w.gradient().to_vector() == List{6.0 * round});
  }
  const T kept = w.gradient();
  w.clear_gradient();
  CHECK(!w.gradient().defined());
  Tape<double> tape;
  tape.backward(total(w * w));
  CHECK(kept.to_vector() == List{18});
}

TEST_CASE("a value set between two uses on one tape counts from there on, and both uses have their gradients") {
  P w = made({3});
  Tape<double> tape;
  const T before = total(w * w);
  w.set_value(Array<double>({1}, 10.0));
  const T after = total(w * w);
  CHECK(before.item() == 9);
  CHECK(after.item() == 100);
  tape.backward(before + after);
  CHECK(w.gradient().to_vector() == List{26});
}

TEST_CASE("a walked tape lets go of a parameter's buffer, so that a step writes in place") {
  P w = made({3});
  const double* buffer = w.state().value.data();
  for (int i = 0; i < 3; ++i) {
    Tape<double> tape;
    tape.backward(total(w * w));
    step(w, 0.5);
    CHECK(w.state().value.data() == buffer);
  }
}

TEST_CASE("a parameter gives and takes tensors, of which it keeps the numbers alone") {
  P w(T({2}, {1, 2}));
  Tape<double> tape;
  tape.backward(total(w * w), {.keep = true});
  CHECK(!w.value().tracked());
  CHECK(!w.gradient().tracked());
  const ebb::Index size = tape.size();
  w.set_value(w.value() - 0.5 * w.gradient());
  CHECK(tape.size() == size);  // arithmetic on constants is not recorded
  CHECK(w.value().to_vector() == List{0, 0});

  const T tracked = w * w + 3;
  w.set_value(tracked);
  w.set_gradient(tracked);
  CHECK(!w.value().tracked());
  CHECK(!w.gradient().tracked());
  CHECK(w.value().to_vector() == List{3, 3});
  CHECK(w.gradient().to_vector() == List{3, 3});
}

TEST_CASE("a handle kept across a step still shows the old value") {
  P w = made({3});
  const T kept(w);
  Tape<double> tape;
  const T on_tape(w);
  tape.backward(total(w * w));
  step(w, 0.5);
  CHECK(w.value().to_vector() == List{0});
  CHECK(kept.to_vector() == List{3});
  CHECK(on_tape.to_vector() == List{3});
}

TEST_CASE("an exception from a derivative leaves every parameter's gradient as it was") {
  static constexpr ebb::Op<double> failing{
      "failing", [](ebb::Record<double>&, ebb::Inputs<double> x) { return x[0].value(); },
      [](const ebb::Record<double>&, const T&, ebb::Adjoints<double>&) { throw std::runtime_error("on purpose"); }};
  P first = made({3}), last = made({4});
  first.set_gradient(Array<double>({1}, 7.0));
  Tape<double> tape;
  const T x = tape.watch(T({1}, {2}));
  const T y = apply(failing, {&first}, {}, ebb::SourceLocation::current()) * last * x;
  CHECK_THROWS_AS(tape.backward(total(y)), std::runtime_error);
  CHECK(first.gradient().to_vector() == List{7});
  CHECK(!last.gradient().defined());
  CHECK_ERROR(tape.gradient(x), "no backward() has run");
}

TEST_CASE("values and gradients that do not fit are refused by the parameter's name") {
  P w = made({1, 2}, "head.weight");
  CHECK_ERROR(w.set_value(Array<double>({3}, 0.0)),
              "parameter 'head.weight' has shape [2], but the value it is to take has [3]");
  CHECK_ERROR(w.set_gradient(Array<double>({2, 1}, 0.0)), "the gradient it is to take has");
  CHECK_ERROR(w.set_value({}), "undefined value");
  P empty;
  CHECK(!empty.defined());
  CHECK_ERROR(empty * w, "input 0 is undefined");
  empty.set_value(Array<double>({3}, 0.0));
  CHECK(empty.size() == 3);
}

TEST_CASE("backward adds to the parameters named by .into alone, and to watched leaves") {
  P w = made({3}), v = made({4});
  int reached = 0;
  Tape<double> tape;
  const T x = tape.watch(T({1}, {2})), left = v * v;
  tape.hook(left, [&](const T&) { ++reached; });
  const P into[] = {w.shared()};
  tape.backward(total(w * left * x), {.into = into});
  CHECK(w.gradient().item() == 32);
  CHECK(!v.gradient().defined());
  CHECK(tape.gradient(x).item() == 48);
  CHECK(reached == 0);  // nothing that is asked for lies below
}

TEST_CASE("a walk into parameters that are not on the tape is refused") {
  const P w = made({3}), other = made({4});
  Tape<double> tape;
  const P into[] = {other.shared()};
  CHECK_ERROR(tape.backward(total(w * w), {.into = into}), "took any of the 1 parameters that {.into} lists");
  tape.backward(total(w * w));
}
