#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using T = Tensor<double>;

namespace {

/// Calls `f`, which must throw Break.
template <class F>
ebb::Break break_of(F f) {
  try {
    f();
  } catch (const ebb::Break& stopped) {
    return stopped;
  }
  FAIL("no Break was thrown");
  throw std::logic_error("not reached");
}

/// Where a bundle may go: not there at first, and gone at the end.
struct Folder {
  TemporaryFolder outer;
  std::filesystem::path path = std::filesystem::path(outer.path) / "bundle";
};

}  // namespace

TEST_CASE("break at an op: when it has run, and when the walk comes to it") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2}));
  const T early = exp(x);  // before the condition was set
  break_when(tape, ebb::op_is("exp"));
  const ebb::Break forward = break_of([&] { (void)exp(early); });
  CHECK(forward.record == 2);
  CHECK(forward.kind == EventKind::value);
  CHECK(contains(forward.what(), "break at record 2 (exp), called at "));
  CHECK(contains(forward.what(), "break_when_test.cpp:"));
  CHECK(tape.size() == 3);  // the record is there to be looked at

  const T loss = sum(early);
  const ebb::Break backward = break_of([&] { tape.backward(loss, {.keep = true}); });
  CHECK(backward.record == 1);
  CHECK(backward.kind == EventKind::adjoint);
}

TEST_CASE("break in a scope and those within it, and in no other that begins alike") {
  const auto run_in = [](const char* name) {
    Tape<double> tape;
    const T x = tape.watch(T({2}, {1, 2}));
    break_when(tape, ebb::in_scope("blocks.3"));
    const ebb::Scope scope(name);
    (void)exp(x);
  };
  CHECK(contains(break_of([&] { run_in("blocks.3"); }).what(), "in blocks.3"));
  CHECK(contains(break_of([&] { run_in("blocks.3.attention"); }).what(), "in blocks.3.attention"));
  CHECK_NOTHROW(run_in("blocks.31"));
  CHECK_NOTHROW(run_in("blocks"));
}

TEST_CASE("break at the first value that is not finite") {
  Tape<double> tape;
  const T x = tape.watch(T({3}, {1, 0, -1}));
  break_when(tape, ebb::non_finite());
  const T fine = square(x);
  const ebb::Break stopped = break_of([&] { (void)log(fine); });
  CHECK(stopped.kind == EventKind::value);
  CHECK(contains(stopped.what(), "(log)"));
  CHECK(contains(stopped.what(), "its value, of shape [3], is -inf at element 1"));
}

TEST_CASE("break at the first derivative that is not finite, at the record that made it") {
  Tape<double> tape;
  ebb::Parameter<double> w(ebb::Array<double>({2}, {1, 0}), "w");
  const T root = sqrt(w * 2);  // fine forward; its slope at 0 is not
  break_when(tape, ebb::non_finite());
  const T loss = sum(root);
  const ebb::Break stopped = break_of([&] { tape.backward(loss); });
  CHECK(stopped.kind == EventKind::flow);
  CHECK(contains(stopped.what(), "(sqrt)"));
  CHECK(contains(stopped.what(), "what its derivative passes on to input 0, of shape [2], is inf at element 1"));
  CHECK_FALSE(w.gradient().defined());
}

TEST_CASE("break where the norm of a gradient leaves its bounds") {
  const auto run = [](double slope, ebb::gradient_norm bounds) {
    Tape<double> tape;
    const T x = tape.watch(T({2}, {3, 4}));
    const T loss = sum(slope * x);
    break_when(tape, bounds);
    tape.backward(loss);
  };
  CHECK_NOTHROW(run(1, {.below = 0.9, .above = 1.5}));
  const ebb::Break low = break_of([&] { run(1e-6, {.below = 1e-3}); });
  CHECK(low.kind == EventKind::adjoint);
  CHECK(low.record == 0);
  CHECK(contains(low.what(), "the norm of the gradient, 1.41e-06, is below 0.001"));
  CHECK(contains(break_of([&] { run(1e6, {.above = 1e3}); }).what(), "1.41e+06, is above 1e+03"));
}

TEST_CASE("a condition of the user's own, which is asked about every event in turn") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  std::string seen;
  break_when(tape, [&](const ebb::Event<double>& event) {
    seen += event.record.op->name;
    seen += event.kind == EventKind::value ? " value, " : event.kind == EventKind::adjoint ? " adjoint, " : " flow, ";
    return std::string();
  });
  tape.backward(exp(x));
  CHECK(seen == "exp value, exp adjoint, exp flow, watch adjoint, ");
}

TEST_CASE("a condition may compute, and set further ones, and nothing of that is recorded") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {3, 4}));
  break_when(tape, [&](const ebb::Event<double>& event) {
    if (event.kind == EventKind::value)
      for (int i = 0; i < 10; ++i) break_when(tape, ebb::op_is("sin"));
    return sum(square(event.tensor)).item() > 100 ? std::string("large") : std::string();
  });
  (void)(x + 1);
  CHECK(tape.size() == 2);
  CHECK(contains(break_of([&] { (void)(x * 5); }).what(), "large"));
  CHECK(contains(break_of([&] { (void)sin(x); }).what(), "sin has run"));
}

TEST_CASE("a break names no record that is gone when it arrives") {
  Tape<double> tape;
  const T x = tape.watch(T({1}, {1}));
  const T y = checkpoint([](const T& u) { return tanh(u); }, x);
  break_when(tape, ebb::op_is("tanh"));
  const ebb::Break in_rerun = break_of([&] { tape.backward(y, {.keep = true}); });
  CHECK(in_rerun.record == -1);
  CHECK(tape.size() == 2);

  static constexpr ebb::Op<double> twice{"twice",
                                         [](ebb::Record<double>&, ebb::Inputs<double> u) { return tanh(u[0]).value(); },
                                         [](const ebb::Record<double>&, const T&, ebb::Adjoints<double>&) {}};
  (void)apply(twice, {&x}, {}, ebb::SourceLocation::current());  // its tanh is not recorded, so nothing breaks
  CHECK(tape.size() == 3);
}

TEST_CASE("a gradient that is not a number leaves all bounds") {
  Tape<double> tape;
  const T x = tape.watch(T({1}, {1}));
  const T y = x * NAN;
  break_when(tape, ebb::gradient_norm{.below = 0, .above = 1e300});
  CHECK(contains(break_of([&] { tape.backward(y); }).what(), "the norm of the gradient, nan, is not within"));
}

TEST_CASE("with break_at_non_finite set, every tape stops") {
  ebb::break_at_non_finite = 1;
  Tape<float> tape;
  const auto x = tape.watch(ebb::full<float>({}, -1));
  const ebb::Break stopped = break_of([&] { (void)sqrt(x); });
  ebb::break_at_non_finite = 0;
  CHECK(contains(stopped.what(), "nan at element 0"));
  CHECK_NOTHROW((void)sqrt(x));
  ebb::break_at_non_finite = 2;  // but none is attached
  CHECK_NOTHROW((void)sqrt(x));
  ebb::break_at_non_finite = 0;
}

TEST_CASE("without a condition, what is not finite passes") {
  Tape<double> tape;
  const T x = tape.watch(T({1}, {0}));
  CHECK_NOTHROW(tape.backward(sum(log(x))));
}

TEST_CASE("no debugger is attached to the tests") { CHECK_FALSE(ebb::debugger_attached()); }

TEST_CASE("a bundle holds what it takes to repeat the operation that broke") {
  const Folder folder;
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2, 2}, {1, 2, 3, 4}));
  break_when(tape, ebb::non_finite{.bundle = folder.path.string()});
  const ebb::Break stopped = break_of([&] { (void)(x / T({2}, {1, 0})); });
  CHECK(contains(stopped.what(), "what it takes to repeat it is in " + folder.path.string()));
  CHECK(ebb::load_npy<double>(folder.path / "x_0.npy").to_vector() == x.to_vector());
  CHECK(ebb::load_npy<double>(folder.path / "x_1.npy").to_vector() == std::vector<double>{1, 0});
  CHECK_FALSE(std::filesystem::exists(folder.path / "dy.npy"));
  const std::string program = text_of(folder.path / "repeat.cpp");
  CHECK(contains(program, "// Repeats record 1 (divide)"));
  CHECK(contains(program, "find_op<T>(\"divide\")"));
  CHECK(contains(program, "using T = double;"));
  CHECK(contains(text_of(folder.path / "CMakeLists.txt"), "find_package(ebb REQUIRED)"));
}

TEST_CASE("a bundle of a derivative holds the cotangent, and one file for an input that is taken twice") {
  const Folder folder;
  Tape<double> tape({.keep_all = true});
  const T x = tape.watch(T({2}, {1e200, 1}));
  const T y = square(x * 1e-150);
  break_when(tape, ebb::non_finite{.bundle = folder.path.string()});
  break_of([&] { (void)vjp(y, x, T({2}, {1e300, 1})); });
  CHECK(ebb::load_npy<double>(folder.path / "dy.npy").to_vector() == std::vector<double>{1e300, 1});
  CHECK(std::filesystem::exists(folder.path / "x_0.npy"));
  CHECK_FALSE(std::filesystem::exists(folder.path / "x_1.npy"));
  CHECK(contains(text_of(folder.path / "repeat.cpp"), "inputs{x_0, x_0}"));
}

TEST_CASE("a bundle says what the operation was asked, as C++ that compiles") {
  const auto program = [](double exponent) {
    const Folder folder;
    Tape<double> tape({.keep_all = true});
    const T x = tape.watch(T({2}, {0, 2}));
    break_when(tape, ebb::non_finite{.bundle = folder.path.string()});
    break_of([&] { (void)ebb::power<double>(x, exponent); });
    return text_of(folder.path / "repeat.cpp");
  };
  CHECK(contains(program(-1.5), "attributes.set(\"exponent\", -1.5);"));
  CHECK(contains(program(INFINITY), "attributes.set(\"exponent\", INFINITY);"));
  CHECK(contains(program(-INFINITY), "attributes.set(\"exponent\", -INFINITY);"));
  CHECK(contains(program(NAN), "attributes.set(\"exponent\", NAN);"));
}

TEST_CASE("where no bundle can be written, the break says why and comes all the same") {
  const auto stopped = [](bool keep_all, const std::string& folder) {
    Tape<double> tape({.keep_all = keep_all});
    const T x = tape.watch(T({1}, {0}));
    break_when(tape, ebb::non_finite{.bundle = folder});
    return std::string(break_of([&] { (void)log(x); }).what());
  };
  {
    const Folder unused;
    Tape<double> tape({.keep_all = true});
    const T x = tape.watch(T({1}, {1}));
    tape.replace_gradient(x, [](const T& gradient) { return gradient / 0; });
    break_when(tape, ebb::non_finite{.bundle = unused.path.string()});
    CHECK(contains(break_of([&] { tape.backward(x * 2); }).what(), "no bundle: watch is no operation to call"));
    CHECK_FALSE(std::filesystem::exists(unused.path));
  }
  const Folder folder;
  CHECK(contains(stopped(false, folder.path.string()), "no bundle: only a Tape with {.keep_all = true}"));
  CHECK(contains(stopped(true, "/proc/nowhere"), "no bundle in /proc/nowhere: "));
  std::filesystem::create_directories(folder.path);
  std::ofstream(folder.path / "mine.txt") << "mine";
  CHECK(contains(stopped(true, folder.path.string()), "exists, and is not empty"));
  CHECK(text_of(folder.path / "mine.txt") == "mine");
}

TEST_CASE("conditions that cannot be are refused, not passed over in silence") {
  Tape<double> tape;
  CHECK_ERROR(break_when(tape, nullptr), "break_when() got no condition");
  for (const ebb::gradient_norm& bounds :
       {ebb::gradient_norm{.below = NAN}, ebb::gradient_norm{.below = 3, .above = 1}}) {
    Tape<double> other;
    break_when(other, bounds);
    CHECK_ERROR(square(other.watch(Tensor<double>({}, {2}))), "gradient_norm: no norm is within");
  }
  break_when(tape, ebb::attention_entropy{.below = NAN});
  CHECK_ERROR(square(tape.watch(Tensor<double>({}, {2}))), "attention_entropy: the bound is NaN");
}

TEST_CASE("functions that are none are refused where they are given") {
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({}, {2})), y = square(x);
  CHECK_ERROR(tape.hook(x, nullptr), "hook() got no function");
  CHECK_ERROR(tape.replace_gradient(x, nullptr), "replace_gradient() got no function");
  CHECK_ERROR(Walk(tape, y).until(nullptr), "until() got no function");
  CHECK_ERROR(ebb::checkpoint<double>(ebb::CheckpointFunction<double>(), std::vector{x}),
              "checkpoint: there is no function to call", "break_when_test.cpp:");
}
