#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;

/// A polynomial with some records and with sharing: h^3 + h x.
T cubic(const T& x) {
  const T h = x * x - 0.5 * x;
  return h * h * h + h * x;
}

/// Keeps about half of the elements, always the same ones for one key.
T drop(const T& x, ebb::Key key) {
  const T chance = ebb::uniform<double>(x.shape(), key);
  return x * ebb::to_tensor<double>(chance < 0.5) * 2;
}

/// The gradients with respect to x and two parameters of a model whose blocks run as `run` runs them.
template <class Run>
std::vector<std::vector<double>> gradients(const T& x0, Run run) {
  const Parameter<double> w(sample({3}, 7).value(), "w"), v(sample({3}, 8).value(), "v");
  Tape<double> tape;
  const T x = tape.watch(x0);
  const T outside = w * x;  // used inside as a captured tensor, and again after
  auto first = [&](const T& h) { return cubic(h * w) + outside * v; };
  auto second = [&](const T& h) { return drop(h * v + w, ebb::Key{3}) / 3; };
  const T y = run(second, run(first, x)) * w + outside;
  tape.backward(total(y * y));
  return {tape.gradient(x).to_vector(), w.gradient().to_vector(), v.gradient().to_vector()};
}

Index values_held(const Tape<double>& tape) {
  Index count = 0;
  for (Index i = 0; i < tape.size(); ++i)
    for (std::size_t k = 0; k < tape[i].saved.size(); ++k) count += tape[i].saved[k].size();
  return count;
}

}  // namespace

TEST_CASE("checkpoint gives the same gradients bit for bit, with captured tensors, parameters and dropout") {
  const T x = sample({4, 3}, 1);
  const auto plain = gradients(x, [](auto f, const T& h) { return f(h); });
  CHECK(plain == gradients(x, [](auto f, const T& h) { return checkpoint(f, h); }));
  CHECK(plain == gradients(x, [](auto f, const T& h) {
          return checkpoint([f](const T& u) { return checkpoint([f](const T& v) { return f(v); }, u); }, h);
        }));
}

TEST_CASE("checkpoint records one line, whatever its function records, and holds only its inputs") {
  auto held = [](auto run) {
    Tape<double> tape;
    T h = tape.watch(sample({100}, 1));
    for (int block = 0; block < 10; ++block) h = run(h);
    return std::pair(tape.size(), values_held(tape));
  };
  const auto [plain_size, plain_values] = held([](const T& h) { return cubic(h); });
  const auto [size, values] = held([](const T& h) { return checkpoint(cubic, h); });
  CHECK(plain_size == 1 + 10 * 7);
  CHECK(size == 1 + 10);
  CHECK(plain_values > 10 * 8 * 100);
  CHECK(values == 10 * 100);
}

TEST_CASE("while its function runs, checkpoint holds on to no intermediate value") {
  Tape<double> tape;
  bool let_go = false;
  const T y = checkpoint(
      [&](const T& x) {
        T h = x * 2;
        const T z = h + 1;
        let_go = h.value().sole_owner();
        return z;
      },
      tape.watch(sample({3}, 1)));
  CHECK(let_go);
}

TEST_CASE("derivatives through checkpoint, to second order and nested, agree with central differences") {
  const Values x{sample({2, 3}, 1), sample({3}, 2), sample({}, 3)};
  check_gradients([](const Values& v) { return checkpoint(cubic, v[0]); }, {x[0]});
  check_gradients(
      [](const Values& v) {
        return checkpoint([&](const T& a, const T& b, const T& c) { return a * b * b + c * a; }, v[0], v[1], v[2]);
      },
      x);
  check_gradients(
      [](const Values& v) {
        return checkpoint(
            [&](const T& a, const T& b) { return checkpoint(cubic, a * b) + checkpoint(cubic, v[2] * b); }, v[0], v[1]);
      },
      x);
  check_gradients([](const Values& v) { return checkpoint(cubic, v[0]); }, {sample({0, 3}, 1)});
}

TEST_CASE("third derivatives through checkpoint") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  const T y = checkpoint([](const T& a) { return a * a * a * a; }, x);
  const T first = grad(y, x, {.create_graph = true}), second = grad(first, x, {.create_graph = true});
  CHECK(first.item() == 32);
  CHECK(second.item() == 48);
  CHECK(grad(second, x).item() == 48);
}

TEST_CASE("a function that returns its input, or what it captured, passes the adjoint on") {
  Tape<double> tape;
  const T a = tape.watch(T({2}, {1, 2})), b = tape.watch(T({2}, {3, 4}));
  const Parameter<double> w(T({2}, {5, 6}).value());
  auto y = checkpoint([](const T& x) { return x; }, a) * checkpoint([&](const T&) { return b; }, a) *
           checkpoint([&](const T&) { return T(w); }, a);
  tape.backward(total(y));
  CHECK(tape.gradient(a).to_vector() == std::vector<double>{15, 24});
  CHECK(tape.gradient(b).to_vector() == std::vector<double>{5, 12});
  CHECK(w.gradient().to_vector() == std::vector<double>{3, 8});
}

TEST_CASE("checkpoint records nothing where nothing is recorded, or for constants") {
  const T x({2}, {1, 2});
  CHECK(!checkpoint(cubic, x).tracked());
  Tape<double> tape;
  CHECK(!checkpoint(cubic, x).tracked());
  const T leaf = tape.watch(x);
  CHECK(!checkpoint([](const T& a) { return a.detach(); }, leaf).tracked());
  ebb::NoRecording off;
  CHECK(!checkpoint(cubic, leaf).tracked());
  CHECK(tape.size() == 1);
}

TEST_CASE("a tape that is walked with {.keep = true} runs a checkpoint again, and is as long as before") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  const T y = checkpoint(cubic, x) + checkpoint(cubic, x);
  const Index size = tape.size();
  tape.backward(y, {.keep = true});
  const double once = tape.gradient(x).item();
  CHECK(tape.size() == size);
  tape.backward(y);
  CHECK(tape.gradient(x).item() == once);
  CHECK(tape.size() == size);
}

TEST_CASE("the walk runs a function again only if its result matters to what was asked for") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2})), z = tape.watch(T({}, {3}));
  int runs = 0;
  const T y = checkpoint([&](const T& a) { return ++runs, a * a; }, x);
  CHECK(runs == 1);
  CHECK(grad(y * z, z).item() == 4);
  CHECK(grad(y * z, y).item() == 3);
  CHECK(runs == 1);
  CHECK(grad(y * z, x).item() == 12);
  CHECK(runs == 2);
}

TEST_CASE("an exception from a checkpointed function leaves gradients and tape as they were") {
  const Parameter<double> w(T({}, {2}).value(), "w");
  Tape<double> tape;
  CHECK_THROWS_AS(checkpoint([](const T&) -> T { throw std::runtime_error("first"); }, w), std::runtime_error);
  int runs = 0;
  const T y = checkpoint(
      [&](const T& a) {
        const T b = a * a;
        if (++runs == 2) throw std::runtime_error("second");
        return b * a;
      },
      w);
  const Index size = tape.size();
  CHECK_THROWS_AS(tape.backward(y, {.keep = true}), std::runtime_error);
  CHECK(!w.gradient().defined());
  CHECK(tape.size() == size);
  CHECK((w * w).slot().record == size);  // it records again
  tape.backward(y);
  CHECK(w.gradient().item() == 12);
}

TEST_CASE("a function that does something else the second time is found out") {
  Parameter<double> w(T({2}, {1, 2}).value(), "w"), other(T({2}, {1, 2}).value(), "other");
  {
    Tape<double> tape;
    const T y = total(checkpoint([&](const T& a) { return a * a; }, w));
    const T z = total(checkpoint([&](const T& a) { return a * w; }, tape.watch(w.value())));
    w.set_value(T({2}, {3, 4}).value());
    CHECK(grad(y, w).to_vector() == std::vector<double>{2, 4});  // it was handed w's old value
    CHECK_ERROR(tape.backward(z), "found another value in parameter 'w'");
  }
  {
    Tape<double> tape;
    int runs = 0;
    const T y = total(checkpoint([&](const T& a) { return ++runs == 1 ? a : a * other; }, w));
    CHECK_ERROR(tape.backward(y), "parameter 'other'");
  }
  Tape<double> tape;
  int runs = 0;
  const T y = total(checkpoint([&](const T& a) { return ++runs == 1 ? a * a : total(a * a); }, w));
  CHECK_ERROR(tape.backward(y), "gave shape [] when it was recomputed, but [2]");
}

TEST_CASE("what cannot work inside a checkpointed function says so") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2})), y = x * x;
  CHECK_ERROR(checkpoint([&](const T& a) { return a * grad(y, x); }, x), "a Tape of its own");
  CHECK_ERROR(checkpoint([&](const T& a) { return a * tape.watch(a); }, x), "watch() inside");
  CHECK_ERROR(checkpoint([](const T&) { return T(); }, x), "undefined");
  const T z = checkpoint(
      [](const T& a) {
        const T slope = [&] {
          Tape<double> own;
          const T b = own.watch(a.detach());
          return grad(b * b, b);
        }();
        return a * slope;
      },
      x);
  CHECK(grad(z, x).item() == 4);  // the inner gradient is a constant
}

TEST_CASE("hooks set inside a checkpointed function run in the walk") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  std::vector<double> seen;
  const T y = checkpoint(
      [&](const T& a) {
        const T h = a * a;
        tape.hook(h, [&](const T& dh) { seen.push_back(dh.item()); });
        tape.replace_gradient(h, [](const T& dh) { return dh * 10; });
        return h * 2;
      },
      x);
  tape.backward(y);
  CHECK(seen == std::vector<double>{2});
  CHECK(tape.gradient(x).item() == 120);
}

TEST_CASE("a tensor that a checkpointed function let out stands on the tape no more after the walk") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  T leaked;
  const T y = checkpoint(
      [&](const T& a) {
        leaked = a * a;
        return leaked * 2;
      },
      x);
  CHECK(!leaked.tracked());  // while the function first ran, nothing was recorded
  tape.backward(y, {.keep = true});
  CHECK_ERROR(leaked * x, "rewound");
  const T again = x * x, more = again * again;  // now other records have its number
  CHECK_ERROR(leaked * x, "rewound");
}

TEST_CASE("a function that gives other numbers when it is recomputed is found") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2}));
  double factor = 2;
  const T y = ebb::checkpoint([&factor](const T& h) { return h * factor; }, x);
  factor = 3;
  CHECK_ERROR(tape.backward(total(y)), "gave other numbers when it was recomputed", "Key that was drawn outside");
}
