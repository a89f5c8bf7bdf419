#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using List = std::vector<double>;

struct Holding {
  std::shared_ptr<const void> payload;
  static void visit(auto& self, auto&& field) { field("payload", self.payload); }
};

/// An op whose records hold a payload, which says when it ends.
T identity_holding(const T& x, std::shared_ptr<const void> payload) {
  static constexpr ebb::Op<double> op{
      "identity", [](ebb::Record<double>&, ebb::Inputs<double> v) { return v[0].value(); },
      [](const ebb::Record<double>&, const T& dy, ebb::Adjoints<double>& d) { d.add(0, dy); }};
  return apply(op, {&x}, Holding{std::move(payload)}, ebb::SourceLocation::current());
}

}  // namespace

TEST_CASE("a tape is one of float unless told otherwise") {
  ebb::Tape tape;
  CHECK(std::is_same_v<decltype(tape), ebb::Tape<float>>);
}

TEST_CASE("nothing is recorded without a tape, under NoRecording, or for constants") {
  const Parameter<double> w(ebb::ones<double>({2}).value());
  CHECK(!(w * 2).tracked());
  Tape<double> tape;
  CHECK(Tape<double>::current() == &tape);
  const T constant = ebb::ones<double>({2}) * 3;
  CHECK(!constant.tracked());
  {
    ebb::NoRecording off;
    CHECK(!(w * constant).tracked());
    CHECK(Tape<double>::recording() == nullptr);
  }
  CHECK(tape.size() == 0);
  CHECK((w * constant).tracked());
  CHECK(tape.size() == 2);  // w's leaf, and the product
}

TEST_CASE("an op records its inputs, constants as -1, and its shape") {
  Tape<double> tape;
  const T x = tape.watch(ebb::ones<double>({2, 3}));
  const T y = x * T({3}, {1, 2, 3}), z = y - x;
  CHECK(tape[1].inputs[0] == 0);
  CHECK(tape[1].inputs[1] == -1);
  CHECK(tape[2].inputs[0] == 1);
  CHECK(tape[2].inputs[1] == 0);
  CHECK(tape[2].shape == Shape{2, 3});
  CHECK(z.slot().record == 2);
}

TEST_CASE("an op that fails leaves no record behind") {
  Tape<double> tape;
  const T x = tape.watch(ebb::ones<double>({2}));
  CHECK_THROWS_AS(x + ebb::ones<double>({3}), ebb::Error);
  CHECK_THROWS_AS(x + T(), ebb::Error);
  CHECK(tape.size() == 1);
  tape.backward(total(x * x));
  CHECK(tape.gradient(x).to_vector() == List{2, 2});
}

TEST_CASE("a tape is walked once, unless it is told to keep what it saved") {
  Tape<double> tape;
  const Parameter<double> w(T({}, {3}).value());
  const T loss = w * w;
  tape.backward(loss, {.keep = true});
  CHECK(!tape.walked());
  CHECK(tape[1].saved.size() == 2);
  tape.backward(loss);
  CHECK(w.gradient().item() == 12);
  CHECK(tape.walked());
  CHECK(tape[1].saved.empty());
  CHECK_ERROR(tape.backward(loss), "walked already");
  CHECK_ERROR(tape.backward(loss), "{.keep = true}");
  CHECK_ERROR(grad(loss, w), "walked already");
  CHECK_ERROR(tape.watch(loss), "walked already");
}

TEST_CASE("a walked tape records no more, but values can still be computed") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), y = x * x;
  tape.backward(y);
  const T z = y * x;
  CHECK(!z.tracked());
  CHECK(z.item() == 27);
  CHECK(tape.size() == 2);
}

TEST_CASE("a tensor of another tape, dead or alive, is refused in a recorded op, and detach() helps") {
  T dead;
  {
    Tape<double> tape;
    dead = tape.watch(T({}, {3}));
  }
  CHECK((dead * dead).item() == 9);  // reading is always possible
  Tape<double> outer;
  const T x = outer.watch(T({}, {2}));
  CHECK_ERROR(x * dead, "no longer in scope", "detach()");
  CHECK((x * dead.detach()).item() == 6);
  {
    Tape<double> inner;
    const T y = inner.watch(T({}, {5}));
    CHECK_ERROR(x * y, "another tape in scope");
    CHECK((x.detach() * y).item() == 10);
    CHECK_ERROR(inner.backward(x * x.detach()), "another tape in scope");
  }
  CHECK_ERROR(grad(dead, x), "no longer in scope");
  CHECK_ERROR(grad(x * x, dead), "no longer in scope");
}

TEST_CASE("tapes nest: the innermost records, and each has its own adjoints") {
  const Parameter<double> w(T({}, {3}).value());
  Tape<double> outer;
  const T y = w * w;
  {
    Tape<double> inner;
    inner.backward(w * 5);
    CHECK(Tape<double>::current() == &inner);
    CHECK(grad(y, w).item() == 6);  // a walk over the outer tape while the inner is in scope
    CHECK(Tape<double>::current() == &inner);
  }
  CHECK(w.gradient().item() == 5);
  outer.backward(y);
  CHECK(w.gradient().item() == 11);
}

TEST_CASE("a tape on the heap may end before one that was made later") {
  auto first = std::make_unique<Tape<double>>();
  Tape<double> second;
  first.reset();
  CHECK(Tape<double>::current() == &second);
  auto third = std::make_unique<Tape<double>>();
  third.reset();
  CHECK(Tape<double>::current() == &second);
}

TEST_CASE("backward says what is wrong with a loss") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2}));
  CHECK_ERROR(tape.backward(x * x), "needs a loss of one element, but its shape is [2]");
  CHECK_ERROR(tape.backward(T({}, {1})), "stands on no tape");
  CHECK_ERROR(tape.backward(T()), "undefined");
  CHECK(!tape.walked());
}

TEST_CASE("float and double tapes do not know of each other") {
  Tape<double> of_double;
  Tape<float> of_float;
  const T x = of_double.watch(T({}, {3}));
  CHECK((x * x).tracked());
  CHECK(Tape<double>::current() == &of_double);
}

TEST_CASE("rewinding forgets records, leaves, hooks, and whoever stands on them") {
  Tape<double> tape;
  const Parameter<double> w(T({}, {3}).value());
  const T x = tape.watch(T({}, {2}));
  const T old = x * w;
  tape.rewind(1);
  CHECK(tape.size() == 1);
  CHECK(tape.leaves_of(w).empty());
  CHECK_ERROR(x * old, "rewound");
  const T a = x * x, b = a * a;
  CHECK(old.slot().record == b.slot().record);  // the number has been given to another record since
  CHECK_ERROR(x * old, "rewound");
  CHECK_ERROR(grad(b, old), "rewound");
  tape.backward(b * w);
  CHECK(w.gradient().item() == 16);
}

TEST_CASE("a tape that goes out of scope, or is walked, frees all that it held") {
  auto payload = std::make_shared<int>(1);
  const ebb::Array<double> value({1000}, 1.0);
  {
    Tape<double> tape;
    T h = tape.watch(value);
    for (int i = 0; i < 1000; ++i) h = identity_holding(h, payload) * 1.5;
    CHECK(payload.use_count() == 1001);
    CHECK(!value.sole_owner());
  }
  CHECK(payload.use_count() == 1);
  CHECK(value.sole_owner());

  Tape<double> tape;
  const Parameter<double> w(value);
  int alive = 0;
  T h = w * 1.0;
  for (int i = 0; i < 100; ++i) h = identity_holding(h, payload) * w;
  tape.hook(w, [&](const T&) { alive = static_cast<int>(payload.use_count()); });
  tape.backward(total(h));
  CHECK(alive == 1);  // already by the time that the walk arrives at the leaf
  CHECK(tape[0].output.defined() == false);
}

TEST_CASE("with {.keep_all = true} every value and adjoint is kept, and gradient() works for all") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({}, {3})), y = x * x, z = y * 2;
  tape.backward(z);
  CHECK(tape.gradient(y).item() == 2);
  CHECK(tape.gradient(x).item() == 12);
  CHECK(tape.gradient(z).item() == 1);
  CHECK(tape[1].output.item() == 9);
}

TEST_CASE("a tape that was walked stands aside for the one outside it") {
  Tape<double> outer;
  const T x = outer.watch(T({}, {3}));
  Tape<double> inner;
  const T z = inner.watch(T({}, {5}));
  inner.backward(z * z);
  const T y = x * x;  // the inner tape is still in scope
  CHECK(y.tracked());
  outer.backward(y);
  CHECK(outer.gradient(x).item() == 6);
}

TEST_CASE("a tape gives the record of a tensor or parameter") {
  const ebb::Parameter<double> p(ebb::Array<double>({}, {2}), "w"), unused(ebb::Array<double>({}, {2}), "idle");
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  const T y = p * x;
  CHECK(tape[x].slot.record == 0);
  CHECK(tape[y].slot == y.slot());
  CHECK(std::string(tape[y].op->name) == "multiply");
  CHECK(tape[p].parameter == p.shared_state());
  CHECK_ERROR(tape[unused], "parameter 'idle' has no record on this tape");
  CHECK_ERROR(tape[T({}, {1})], "stands on no tape");
  Tape<double> other;
  CHECK_ERROR(tape[other.watch(x)], "was recorded on tape");
}

TEST_CASE("operations that an op's forward function is made of do not land on the tape") {
  static constexpr ebb::Op<double> nested{
      "nested", [](ebb::Record<double>&, ebb::Inputs<double> x) { return (x[0] * x[0]).value(); },
      [](const ebb::Record<double>&, const T& dy, ebb::Adjoints<double>& d) { d.add(0, dy * 6); }};
  static constexpr ebb::Op<double> failing{
      "failing", [](ebb::Record<double>&, ebb::Inputs<double> x) { return (x[0] * T()).value(); },
      [](const ebb::Record<double>&, const T&, ebb::Adjoints<double>&) {}};
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  CHECK_ERROR(apply(failing, {&x}, {}, ebb::SourceLocation::current()), "failing: multiply: input 1 is undefined");
  const T y = apply(nested, {&x}, {}, ebb::SourceLocation::current());
  CHECK(y.item() == 9);
  CHECK(tape.size() == 2);
  CHECK(grad(y * x, x).item() == 27);
}

TEST_CASE("an op without a derivative takes no tensor that stands on the tape") {
  static constexpr ebb::Op<double> rounded{
      "rounded", [](ebb::Record<double>&, ebb::Inputs<double> x) { return x[0].value(); }, nullptr};
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), constant = x.detach();
  CHECK_ERROR(apply(rounded, {&x}, {}, ebb::SourceLocation::current()), "rounded: it has no derivative", "x.detach()");
  CHECK(apply(rounded, {&constant}, {}, ebb::SourceLocation::current()).item() == 3);
}
