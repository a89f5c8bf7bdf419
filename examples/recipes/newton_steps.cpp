// Newton's method without a Hessian: a step solves H s = -g by conjugate gradients, which need no more than products H
// v. `hvp` gives them, at the price of two walks, whatever the number of unknowns (Pearlmutter 1994).

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

using Tensor = ebb::Tensor<double>;

/// Solves H s = -g, given v -> H v, for a symmetric, positive definite H (Hestenes & Stiefel 1952).
Tensor solve(const auto& product, const Tensor& g) {
  Tensor s = ebb::zeros<double>(g.shape()), rest = -g, direction = rest;
  double old = dot(rest, rest).item();
  while (old > 1e-20) {
    const Tensor h = product(direction);
    const double length = old / dot(direction, h).item();
    s += length * direction;
    rest -= length * h;
    const double now = dot(rest, rest).item();
    direction = rest + (now / old) * direction;
    old = now;
  }
  return s;
}

}  // namespace

int main() {
  // Logistic regression with a little weight decay: convex, so that H is positive definite.
  ebb::Generator random(1);
  const Tensor x = ebb::normal<double>({200, 10}, random.next());
  const Tensor noise = ebb::normal<double>({200}, random.next());
  const Tensor label = ebb::to_tensor<double>(sum(x, 1) + noise > 0);

  Tensor w = ebb::zeros<double>({10});
  int steps = 0;
  for (double slope = 1; slope > 1e-10 && steps < 20; ++steps) {
    ebb::Tape<double> tape;
    const Tensor unknown = tape.watch(w);
    const Tensor scores = squeeze(matmul(x, unsqueeze(unknown, 1)), 1);
    const Tensor loss = binary_cross_entropy_with_logits(scores, label) + 1e-3 * sum(square(unknown));
    const Tensor gradient = grad(loss, unknown);
    slope = norm(gradient).item();
    std::printf("step %d: loss %.6f, gradient %.1e\n", steps, loss.item(), slope);
    w += solve([&](const Tensor& v) { return hvp(loss, unknown, v); }, gradient);
  }
  claim(steps < 12, "a few steps make the gradient vanish, to ten digits");
}
