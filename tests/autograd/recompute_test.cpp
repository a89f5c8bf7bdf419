
#include <ebb/autograd/storage/memory.hpp>
#include <ebb/ebb.hpp>
#include <limits>

#include "support/check.hpp"

using namespace ebb_test;
using T = ebb::Tensor<double>;

namespace {

constexpr std::size_t always = 0, never = std::numeric_limits<std::size_t>::max();

struct Network {
  Parameter<double> w{ebb::normal<double>({6, 6}, {1}).value()}, gain{ebb::Array<double>({6}, 1.5)},
      bias{ebb::Array<double>({6}, 0.5)};

  /// Every recomputed op feeds one that saves its input; gelu_tanh feeds another recomputed one.
  T operator()(const T& x) const {
    T h = matmul(layer_norm(x, gain, bias), w);
    h = matmul(gelu(h), w) * silu(h);
    h = matmul(silu(gelu_tanh(h)), w);
    return sum(square(matmul(rms_norm(h, gain), w)));
  }
};

const T& input() {
  static const T x = ebb::normal<double>({4, 6}, {2});
  return x;
}

std::vector<std::vector<double>> gradients(std::size_t recompute_from, bool create_graph) {
  const Network network;
  Tape<double> tape({.recompute_from = recompute_from});
  const T x = tape.watch(input());
  const T y = network(x);
  const auto g = grad(y, {x, network.w, network.gain, network.bias}, {.create_graph = create_graph});
  if (!create_graph) return {g[0].to_vector(), g[1].to_vector(), g[2].to_vector(), g[3].to_vector()};
  T penalty = sum(square(g[0]));
  for (const T& each : g) penalty = penalty + sum(square(each));
  const auto second = grad(penalty, {x, network.w, network.gain, network.bias});
  return {second[0].to_vector(), second[1].to_vector(), second[2].to_vector(), second[3].to_vector()};
}

/// The number of values that the records of a tape hold on to.
Index saved_values(const Tape<double>& tape) {
  Index count = 0;
  for (Index i = 0; i < tape.size(); ++i)
    for (std::size_t k = 0; k < tape[i].saved.size(); ++k) count += tape[i].saved[k].size();
  return count;
}

}  // namespace

TEST_CASE("gradients through recomputed values are the same to the last bit") {
  CHECK(gradients(always, false) == gradients(never, false));
  CHECK(gradients(always, true) == gradients(never, true));
}

TEST_CASE("what is recomputed is not kept by the records that use it") {
  const Network network;
  Tape<double> keeping({.recompute_from = never});
  (void)network(keeping.watch(input()));
  Tape<double> dropping({.recompute_from = always});
  (void)network(dropping.watch(input()));
  // Into other ops go layer_norm, gelu, two times silu, and rms_norm; gelu_tanh goes into silu, which needs its input.
  CHECK(saved_values(dropping) == saved_values(keeping) - 5 * 24);
}

TEST_CASE("small values are kept") {
  const Network network;
  Tape<double> usual;
  (void)network(usual.watch(input()));
  Tape<double> keeping({.recompute_from = never});
  (void)network(keeping.watch(input()));
  CHECK(saved_values(usual) == saved_values(keeping));
}

TEST_CASE("keep_all keeps what would be recomputed") {
  const Network network;
  Tape<double> tape({.keep_all = true, .recompute_from = always});
  (void)network(tape.watch(input()));
  for (Index i = 0; i < tape.size(); ++i)
    for (std::size_t k = 0; k < tape[i].saved.size(); ++k) CHECK(tape[i].saved[k].defined());
}

TEST_CASE("the walk frees what it recomputed") {
  const Network network;
  Tape<double> tape({.recompute_from = always});
  tape.backward(network(tape.watch(input())));
  CHECK(saved_values(tape) == 0);
  for (Index i = 0; i < tape.size(); ++i)
    if (tape[i].op->backward != nullptr) CHECK(!tape[i].output.defined());
}

TEST_CASE("recomputed values inside a checkpoint") {
  const Network network;
  const auto gradient = [&](std::size_t recompute_from, bool checkpointed) {
    Tape<double> tape({.recompute_from = recompute_from});
    const T x = tape.watch(input());
    const auto f = [&](const T& in) { return network(in); };
    return grad(checkpointed ? checkpoint(f, x) : f(x), x).to_vector();
  };
  CHECK(gradient(always, true) == gradient(never, false));
  CHECK(gradient(always, true) == gradient(never, true));
}

namespace {

// y = x^2      dx = dy 2 y / x
Array<double> root_known_forward(Record<double>& r, Inputs<double> x) {
  r.save(x[0]);
  r.save_output();
  return square(x[0]).value();
}
void root_known_backward(const Record<double>& r, const T& dy, Adjoints<double>& d) {
  d.add(0, dy * 2 * r.output / r.saved[0]);
}
constexpr Op<double> root_known_op{
    .name = "root_known", .forward = root_known_forward, .backward = root_known_backward, .recomputed = true};

// y = gelu(x)^2, taken as constant but for one factor      dx = dy gelu(x)
Array<double> intermediate_forward(Record<double>& r, Inputs<double> x) {
  const T h = gelu(x[0]);
  r.save(h);
  return square(h).value();
}
void intermediate_backward(const Record<double>& r, const T& dy, Adjoints<double>& d) { d.add(0, dy * r.saved[0]); }
constexpr Op<double> intermediate_op{"intermediate", intermediate_forward, intermediate_backward};

// y = x      dx = dy z, where z comes from elsewhere
struct ElsewhereAttributes {
  T z;
  static void visit(auto& self, auto&& field) { field("z", self.z); }
};

Array<double> elsewhere_forward(Record<double>& r, Inputs<double> x) {
  r.save(r.attributes.as<ElsewhereAttributes>().z);
  return x[0].value();
}
void elsewhere_backward(const Record<double>& r, const T& dy, Adjoints<double>& d) {
  d.add(0, dy * r.saved[0].detach());
}
constexpr Op<double> elsewhere_op{"elsewhere", elsewhere_forward, elsewhere_backward};

// Does not save its input, from which it would be recomputed.
Array<double> forgetful_forward(Record<double>&, Inputs<double> x) { return x[0].value(); }
constexpr Op<double> forgetful_op{
    .name = "forgetful", .forward = forgetful_forward, .backward = intermediate_backward, .recomputed = true};

const auto here = ebb::SourceLocation::current();

}  // namespace

TEST_CASE("a recomputed op may save its output too") {
  Tape<double> tape({.recompute_from = always});
  const T x = tape.watch(T({2}, {3, 5}));
  const T y = sum(square(apply<double>(root_known_op, {&x}, {}, here)));
  const std::vector<double> expected{108, 500};
  CHECK(grad(y, x).to_vector() == expected);
  CHECK(grad(y, x).to_vector() == expected);
}

TEST_CASE("an op may save what it computed by a recomputed op") {
  Tape<double> tape({.recompute_from = always});
  const T x = tape.watch(T({2}, {0.5, -1}));
  tape.backward(sum(apply<double>(intermediate_op, {&x}, {}, here)));
  CHECK(tape.gradient(x).to_vector() == gelu(x.detach()).to_vector());
}

TEST_CASE("an op may save a recomputed value of another tape") {
  Tape<double> other;
  const T z = gelu(other.watch(T({2}, {3, 4})));
  Tape<double> tape({.recompute_from = always});
  const T x = tape.watch(T({2}, {1, 2}));
  const T y = gelu(x);  // at the place on this tape that z has on the other
  const T through = apply<double>(elsewhere_op, {&y}, ElsewhereAttributes{z}, here);
  CHECK(grad(sum(through), y).to_vector() == z.to_vector());
}

TEST_CASE("a recomputed op that does not save its inputs is refused") {
  Tape<double> tape;
  const T x = tape.watch(T({1}, {1}));
  CHECK_THROWS_WITH_AS(apply<double>(forgetful_op, {&x}, {}, here),
                       doctest::Contains("forgetful: an op whose value is recomputed must save all of its inputs"),
                       ebb::Error);
  CHECK(tape.size() == 1);
}
