#include <doctest/doctest.h>

#include <ebb/autograd/memory.hpp>
#include <ebb/ebb.hpp>
#include <limits>

using ebb::Index;
using ebb::Parameter;
using ebb::Tape;
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

/// How many values the records of a tape hold on to.
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
  network(keeping.watch(input()));
  Tape<double> dropping({.recompute_from = always});
  network(dropping.watch(input()));
  // Into other ops go layer_norm, gelu, two times silu, and rms_norm; gelu_tanh goes into silu, which needs its input.
  CHECK(saved_values(dropping) == saved_values(keeping) - 5 * 24);
}

TEST_CASE("small values are kept") {
  const Network network;
  Tape<double> usual;
  network(usual.watch(input()));
  Tape<double> keeping({.recompute_from = never});
  network(keeping.watch(input()));
  CHECK(saved_values(usual) == saved_values(keeping));
}

TEST_CASE("keep_all keeps what would be recomputed") {
  const Network network;
  Tape<double> tape({.keep_all = true, .recompute_from = always});
  network(tape.watch(input()));
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
