#include "descent.hpp"

namespace gradbench {

Tensor gradient_at(const Objective& f, const Tensor& x) {
  if (auto* tape = ebb::Tape<double>::current()) {
    const Tensor leaf = x.tracked() ? x : tape->watch(x);
    return grad(f(leaf), leaf, {.create_graph = true});
  }
  ebb::Tape<double> tape;
  const Tensor leaf = tape.watch(x);
  return grad(f(leaf), leaf);
}

Tensor argmin(const Objective& f, Tensor x) {
  constexpr double shortest = 1e-5;
  constexpr int in_a_row = 10;
  double value = f(x).item(), rate = 1e-5;
  Tensor gradient = gradient_at(f, x);
  for (int successes = 0; norm(gradient).item() > shortest;) {
    if (successes == in_a_row) {
      rate *= 2;
      successes = 0;
    }
    const Tensor next = x - rate * gradient;
    if (norm(next - x).item() <= shortest) break;
    if (const double next_value = f(next).item(); next_value < value) {
      x = next;
      value = next_value;
      gradient = gradient_at(f, x);
      ++successes;
    } else {
      rate /= 2;
      successes = 0;
    }
  }
  return x;
}

Tensor argmax(const Objective& f, const Tensor& x) {
  return argmin([&](const Tensor& at) { return -f(at); }, x);
}

}  // namespace gradbench
