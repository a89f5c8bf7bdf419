// A charged particle flies past two fixed charges, one of which we may move by w: which w brings it down at the origin?
// Gradients within gradients: the force is that of a potential, the path is made of forces, and the search for w takes
// the derivative of where the path ends.

#include "descent.hpp"
#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor w;
};
void from_json(const Json& json, Input& input) { json.at("w").get_to(input.w); }

/// The sum of 1 / distance over charges at these places: [2], [charges, 2] -> [].
Tensor potential(const Tensor& x, const Tensor& charges) { return sum(rsqrt(sum(square(x - charges), 1))); }

/// The square of where the particle, which starts at (0, 8) with velocity (0.75, 0), crosses the line x_1 = 0, by
/// Euler's method with steps of 0.1; between the last two, along a straight line. Throws ebb::Error if it never does.
Tensor squared_miss(const Tensor& w) {
  constexpr double dt = 0.1;
  constexpr int most_steps = 1'000'000;
  const Tensor charges = Tensor{{10, 10}, {10, 0}} - w * Tensor{{0, 1}, {0, 0}};  // (10, 10 - w) and (10, 0)
  Tensor x({2}, {0, 8}), v({2}, {0.75, 0});
  for (int step = 0; step < most_steps; ++step) {
    const Tensor next = x + dt * v;
    if (next.at({1}) < 0) {
      const Tensor rest = -select(x, 0, 1) / select(v, 0, 1);
      return square(select(x, 0, 0) + rest * select(v, 0, 0));
    }
    v -= dt * gradient_at([&](const Tensor& at) { return potential(at, charges); }, x);
    x = next;
  }
  throw ebb::Error("the particle does not come down in " + std::to_string(most_steps) + " steps");
}

Tensor best_w(const Input& input) { return argmin(squared_miss, input.w); }

}  // namespace

Eval particle() { return {"particle", {{"rr", function<Input>(best_w)}}}; }

}  // namespace gradbench
