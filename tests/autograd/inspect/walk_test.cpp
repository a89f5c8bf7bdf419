#include <cmath>
#include <memory>

#include "support/check.hpp"

using namespace ebb_test;
using T = Tensor<double>;

namespace {

/// f = sum(tanh(x w) x): six records, x flows in twice.
struct Example {
  Tape<double> tape{{.keep_all = true}};
  Parameter<double> w{ebb::Array<double>({2}, {0.5, -1}), "w"};
  T x = tape.watch(T({2}, {1, 2}));
  T product = x * w;
  T y = tanh(product);
  T z = y * x;
  T loss = sum(z);
};

/// All adjoints as a walk sees them, those that are undefined as empty lists.
std::vector<std::vector<double>> adjoints(const Tape<double>& tape, const Walk<double>& walk) {
  std::vector<std::vector<double>> all;
  for (ebb::Index i = 0; i < tape.size(); ++i)
    all.push_back(walk.adjoint(i).defined() ? walk.adjoint(i).to_vector() : std::vector<double>());
  return all;
}

std::vector<ebb::Index> passed(Walk<double>& walk) {
  std::vector<ebb::Index> records;
  while (walk.step()) records.push_back(walk.record().slot.record);
  return records;
}

}  // namespace

TEST_CASE("a walk by hand passes the records from the last to the first") {
  Example f;
  Walk walk(f.tape, f.loss);
  CHECK(passed(walk) == std::vector<ebb::Index>{5, 4, 3, 2, 1, 0});
  CHECK_FALSE(walk.step());
  CHECK(walk.leaves() == std::vector<ebb::Index>{1, 0});
}

TEST_CASE("at each record the walk shows what arrived and what flowed on") {
  Example f;
  Walk walk(f.tape, f.loss);
  REQUIRE(walk.step());
  CHECK(walk.record().op->name == std::string("sum"));
  CHECK(walk.incoming().item() == 1);
  CHECK(walk.outgoing(0).to_vector() == std::vector<double>{1, 1});
  REQUIRE(walk.step());  // z = y x
  CHECK(walk.outgoing(0).to_vector() == f.x.to_vector());
  CHECK(walk.outgoing(1).to_vector() == f.y.to_vector());
  REQUIRE(walk.until([](const auto& record) { return record.op->name == std::string("multiply"); }));  // x w
  CHECK(walk.record().slot.record == 2);
  const double dy = 1 - std::pow(std::tanh(0.5), 2);
  CHECK(walk.outgoing(0).at({0}) == doctest::Approx(dy * 0.5));  // without what z passed on to x before
  CHECK(walk.adjoint(0).at({0}) == doctest::Approx(dy * 0.5 + std::tanh(0.5)));
}

TEST_CASE("a walk by hand gives the gradients that backward gives, bit for bit, and leaves parameters alone") {
  Example f;
  Walk walk(f.tape, f.loss);
  passed(walk);
  const std::vector<double> x = walk.adjoint(0).to_vector(), w = walk.adjoint(1).to_vector();
  CHECK_FALSE(f.w.gradient().defined());
  f.tape.backward(f.loss, {.keep = true});
  CHECK(f.tape.gradient(f.x).to_vector() == x);
  CHECK(f.w.gradient().to_vector() == w);
}

TEST_CASE("back undoes step after step, bit for bit, and the walk goes on from there") {
  Example f;
  Walk walk(f.tape, f.loss);
  std::vector<std::vector<std::vector<double>>> states{adjoints(f.tape, walk)};
  while (walk.step()) states.push_back(adjoints(f.tape, walk));
  REQUIRE(states.size() == 7);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = states.size() - 1; i-- > 0;) {
      REQUIRE(walk.back());
      CHECK(adjoints(f.tape, walk) == states[i]);
    }
    CHECK_FALSE(walk.back());
    CHECK(walk.leaves().empty());
    for (std::size_t i = 1; i < states.size(); ++i) {
      REQUIRE(walk.step());
      CHECK(adjoints(f.tape, walk) == states[i]);
    }
  }
}

TEST_CASE("back undoes a checkpoint, a hook's replacement, and what create_graph recorded") {
  Tape<double> tape({.keep_all = true});
  const Parameter<double> w(ebb::Array<double>({2}, {0.5, -1}), "w");
  const T x = tape.watch(T({2}, {1, 2}));
  const T h = checkpoint([&](const T& u) { return tanh(u * w); }, x);
  tape.replace_gradient(h, [](const T& gradient) { return gradient * 10; });
  const T loss = sum(h * h);
  const ebb::Index size = tape.size();
  for (const bool create_graph : {false, true}) {
    Walk walk(tape, loss, {}, {.create_graph = create_graph});
    passed(walk);
    const std::vector<double> expected = walk.adjoint(0).to_vector();
    CHECK((tape.size() > size) == create_graph);
    while (walk.back()) continue;
    CHECK(tape.size() == size);
    passed(walk);
    CHECK(walk.adjoint(0).to_vector() == expected);
    while (walk.back()) continue;
  }
}

TEST_CASE("a walk passes over records that nothing flows to") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  const T unused = exp(x), y = square(x);
  const T late = sin(y);
  Walk walk(tape, y);
  CHECK(passed(walk) == std::vector<ebb::Index>{2, 0});
  CHECK(walk.adjoint(0).item() == 4);
}

TEST_CASE("without keep_all a walk shows its step, and frees as it goes if it is to consume") {
  Tape<double> tape;
  const T x = tape.watch(T({1000}, std::vector<double>(1000, 0.5)));
  const T loss = sum(exp(x));
  {
    Walk walk(tape, loss, {}, {.consume = true});
    REQUIRE(walk.step());
    CHECK(tape[1].output.defined());
    REQUIRE(walk.step());
    CHECK(walk.incoming().to_vector() == std::vector<double>(1000, 1));
    CHECK_FALSE(tape[1].output.defined());
    CHECK_ERROR(walk.back(), "Tape<T> tape({.keep_all = true})");
  }
  CHECK(tape.walked());
  CHECK_ERROR(Walk<double>(tape, loss), "was walked already");
}

TEST_CASE("a walk takes a cotangent, and says what is wrong with where it is to start") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2}));
  const T y = x * 3;
  Walk walk(tape, y, T({2}, {10, 100}));
  passed(walk);
  CHECK(walk.adjoint(0).to_vector() == std::vector<double>{30, 300});

  CHECK_ERROR(Walk<double>(tape, y), "of shape [2] needs a cotangent of that shape, but was given none");
  CHECK_ERROR(Walk<double>(tape, y, T({3}, {1, 1, 1})), "but was given [3]");
  CHECK_ERROR(Walk<double>(tape, y.detach()), "stands on the tape, but this does not");
  CHECK_ERROR(Walk<double>(tape, T()), "stands on the tape, but this does not");
  Tape<double> other;
  CHECK_ERROR(Walk<double>(other, y), "was recorded on tape");
}

TEST_CASE("before its first step a walk stands at no record") {
  Example f;
  Walk walk(f.tape, f.loss);
  CHECK_ERROR(walk.record(), "before its first step()");
  CHECK_ERROR(walk.incoming(), "before its first step()");
  CHECK_ERROR(walk.outgoing(0), "before its first step()");
  REQUIRE(walk.step());
  CHECK_ERROR(walk.outgoing(1), "outgoing(1): record 5 (sum) has 1 inputs");
}

TEST_CASE("a step that fails is as if it had not been taken") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({}, {2}));
  const T y = square(x) + x, z = exp(y);
  bool fail = true;
  tape.hook(y, [&](const T&) {
    if (fail) throw ebb::Error("not now");
  });
  Walk walk(tape, z);
  REQUIRE(walk.step());
  const auto before = adjoints(tape, walk);
  CHECK_ERROR(walk.step(), "not now");
  CHECK(adjoints(tape, walk) == before);
  CHECK(walk.record().slot.record == 3);
  fail = false;
  CHECK(passed(walk) == std::vector<ebb::Index>{2, 1, 0});
  CHECK(walk.adjoint(0).item() == doctest::Approx(5 * std::exp(6)));
}

TEST_CASE("the tape hands out the adjoints of the walk under way, and afterwards those that backward left") {
  Example f;
  CHECK_FALSE(f.tape.adjoint(3).defined());
  {
    Walk walk(f.tape, f.loss);
    walk.step(), walk.step();
    CHECK(f.tape.adjoint(3).to_vector() == f.x.to_vector());
    CHECK_FALSE(f.tape.adjoint(2).defined());
  }
  CHECK_FALSE(f.tape.adjoint(3).defined());
  f.tape.backward(f.loss);
  CHECK(f.tape.adjoint(3).to_vector() == f.x.to_vector());
}

TEST_CASE("a tape that keeps all hands out what its records were given, constants too") {
  Example f;
  const T shifted = f.y + 7;
  CHECK(f.tape.input(2, 0).to_vector() == f.x.to_vector());
  CHECK(f.tape.input(2, 1).to_vector() == f.w.value().to_vector());
  CHECK(f.tape.input(6, 1).item() == 7);
  CHECK_ERROR(f.tape.input(6, 2), "that record (add) has 2 inputs");
  Tape<double> plain;
  const T x = plain.watch(T({}, {2}));
  CHECK_ERROR(plain.input(0, 0), "{.keep_all = true}");
}

TEST_CASE("a step over checkpoints within a checkpoint is noted and undone") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({3, 2}, {1, 2, 3, 4, 5, 6}));
  const T y = checkpoint(
      [](const T& u) {
        const T a = checkpoint([](const T& v) { return square(sum(tanh(v), 0)); }, u);
        const T b = checkpoint([](const T& v) { return sum(square(tanh(v))); }, u);
        return sum(a * b);
      },
      x);
  Walk walk(tape, y);
  REQUIRE(walk.step());
  CHECK(walk.outgoing(0).to_vector() == walk.adjoint(0).to_vector());
  const std::vector<double> expected = grad(y, x).to_vector();
  CHECK(walk.adjoint(0).to_vector() == expected);
  REQUIRE(walk.back());
  CHECK_FALSE(walk.adjoint(0).defined());
  passed(walk);
  CHECK(walk.adjoint(0).to_vector() == expected);
}

TEST_CASE("records that a walk makes have no adjoint, and can be looked at all the same") {
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {1, 2}));
  const T y = sum(tanh(x));
  Walk walk(tape, y, {}, {.create_graph = true});
  passed(walk);
  REQUIRE(tape.size() > 3);
  CHECK_FALSE(walk.adjoint(tape.size() - 1).defined());
  CHECK_FALSE(tape.adjoint(tape.size() - 1).defined());
  CHECK(contains(to_dot(tape), "#2 sum"));
  CHECK(contains(explain(tape[tape.size() - 1]), "ones"));
}

TEST_CASE("after a run there is no step to undo") {
  Example f;
  Walk walk(f.tape, f.loss);
  REQUIRE(walk.step());
  walk.run(0);
  const std::vector<double> expected = walk.adjoint(0).to_vector();
  CHECK_FALSE(walk.back());
  walk.run(0);
  CHECK(walk.adjoint(0).to_vector() == expected);
}

TEST_CASE("walks over one tape may overlap, and end in any order") {
  Example f;
  auto walk = std::make_unique<Walk<double>>(f.tape, f.loss);
  REQUIRE(walk->step());
  walk = std::make_unique<Walk<double>>(f.tape, f.loss);  // the new one starts before the old one ends
  CHECK(passed(*walk).size() == 6);
  CHECK(f.tape.adjoint(5).item() == 1);
  walk.reset();
  CHECK_FALSE(f.tape.adjoint(5).defined());
  CHECK(exp(f.x).tracked());  // the tape records again

  Walk outer(f.tape, f.loss, {}, {.create_graph = true});
  REQUIRE(outer.step());
  Walk inner(f.tape, f.loss);
  passed(inner);
  passed(outer);
  CHECK(outer.adjoint(0).tracked());
  CHECK(outer.adjoint(0).to_vector() == inner.adjoint(0).to_vector());
}

TEST_CASE("between its steps a walk leaves recording as it was") {
  Example f;
  Walk walk(f.tape, f.loss);
  REQUIRE(walk.step());
  {
    Tape<double> inner;
    const T x = inner.watch(T({}, {2}));
    inner.backward(square(x));
    CHECK(inner.gradient(x).item() == 4);
  }
  CHECK(passed(walk).size() == 5);
}

TEST_CASE("a run that fails takes back what it recorded, and the walk refuses to go on") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  bool fail = false;
  const T y = checkpoint(
      [&](const T& u) {
        const T v = exp(u);
        if (fail) throw ebb::Error("not this time");
        return v;
      },
      x);
  Walk walk(tape, y);
  fail = true;
  const ebb::Index size = tape.size();
  CHECK_ERROR(walk.run(0), "not this time");
  CHECK(tape.size() == size);
  CHECK_ERROR(walk.run(0), "this walk ended by an error");
  CHECK_ERROR(walk.step(), "this walk ended by an error");
  fail = false;
  CHECK(grad(y, x).item() == doctest::Approx(std::exp(2)));
}

TEST_CASE("a step that fails leaves the last good one to be looked at") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  const T y = square(x), z = exp(y);
  tape.hook(y, [](const T&) { throw ebb::Error("no"); });
  Walk walk(tape, z);
  REQUIRE(walk.step());
  CHECK_ERROR(walk.step(), "no");
  CHECK(walk.record().op->name == std::string("exp"));
}

TEST_CASE("a walk refuses to go on once backward has freed the tape") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2})), y = exp(square(x));
  Walk walk(tape, y), other(tape, y);
  REQUIRE(walk.step());
  tape.backward(y);
  CHECK_ERROR(walk.step(), "backward() has freed what this walk needs", "{.keep = true}");
  CHECK_ERROR(other.run(0), "backward() has freed what this walk needs");
  Tape<double> kept({.keep_all = true});
  const T u = kept.watch(T({}, {2})), v = square(u);
  Walk on(kept, v);
  kept.backward(v);
  on.run(0);
  CHECK(on.adjoint(0).item() == 4);
}

TEST_CASE("a hook or an observer cannot step the walk that called it") {
  struct Stepping : ebb::Observer<double> {
    void reached(const Record<double>&, const T&) override {
      if (walk != nullptr) walk->step();
    }
    Walk<double>* walk = nullptr;
  };
  Tape<double> tape;
  const T x = tape.watch(T({}, {2})), y = exp(square(x));
  const auto observer = std::make_shared<Stepping>();
  tape.observe(observer);
  Walk walk(tape, y);
  observer->walk = &walk;
  CHECK_ERROR(walk.step(), "this walk is under way");
  observer->walk = nullptr;
  tape.hook(y, [&](const T&) { walk.run(0); });
  CHECK_ERROR(walk.step(), "this walk is under way");
}

TEST_CASE("an observer can neither free nor rewind the tape that it looks on") {
  struct Meddling : ebb::Observer<double> {
    void recorded(const Record<double>&, const T& value) override {
      CHECK_ERROR(tape->backward(value), "cannot free the tape", "{.keep = true}");
      CHECK_ERROR(tape->rewind(0), "inside an observer");
      tape->backward(value, {.keep = true});
    }
    Tape<double>* tape = nullptr;
  };
  Tape<double> tape;
  const auto observer = std::make_shared<Meddling>();
  observer->tape = &tape;
  tape.observe(observer);
  const T x = tape.watch(T({}, {2})), y = square(x);
  CHECK(tape.gradient(x).item() == 4);
  CHECK(tape.size() == 2);
}

TEST_CASE("a walk that outlives its tape says so") {
  auto tape = std::make_unique<Tape<double>>();
  const T x = tape->watch(T({}, {2})), y = square(x);
  Walk walk(*tape, y), other(*tape, y);
  REQUIRE(walk.step());
  tape.reset();
  for (const auto& use :
       std::vector<std::function<void()>>{[&] { walk.step(); }, [&] { walk.record(); }, [&] { walk.back(); },
                                          [&] { (void)walk.adjoint(0); }, [&] { other.run(0); }})
    CHECK_ERROR(use(), "the tape of this walk has ended");
}

TEST_CASE("records that are not there are refused by number") {
  Example f;
  Walk walk(f.tape, f.loss);
  CHECK_ERROR(walk.run(-5), "run(-5): the first record of a tape is number 0");
  CHECK_ERROR(walk.adjoint(-1), "there is no record -1 on tape", "which has 6");
  CHECK_ERROR(walk.adjoint(6), "there is no record 6");
  CHECK_ERROR(f.tape.adjoint(6), "there is no record 6");
  CHECK_ERROR(f.tape.input(70, 0), "there is no record 70");
  CHECK_ERROR(f.tape[70], "there is no record 70");
  CHECK_ERROR(f.tape[-1], "there is no record -1");
  CHECK_ERROR(f.tape.rewind(-1), "rewind(-1)");
}

TEST_CASE("records that a walk stands on cannot be rewound") {
  Example f;
  {
    Walk walk(f.tape, f.loss);
    REQUIRE(walk.step());
    const T more = exp(f.loss);
    f.tape.rewind(6);
    CHECK_ERROR(f.tape.rewind(5), "there is a walk over 6 records of this tape");
    CHECK(passed(walk).size() == 5);
  }
  f.tape.rewind(0);
  CHECK(f.tape.size() == 0);
}
