// A differential equation, y_0' = x_0 and y_i' = x_i y_{i-1}, from y = 0 over a time of 2, by the Runge-Kutta method of
// fourth order; and the gradient of the last element of its solution with respect to x.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor x;
  int s;  // steps
};
void from_json(const Json& json, Input& input) { json.at("x").get_to(input.x), json.at("s").get_to(input.s); }

Tensor slope(const Tensor& x, const Tensor& y) { return x * pad(slice(y, 0, {0, -1}), 0, 1, 0, 1.0); }

Tensor solution(const Tensor& x, int steps) {
  const double h = 2.0 / steps;
  Tensor y = ebb::zeros<double>(x.shape());
  for (int step = 0; step < steps; ++step) {
    const Tensor k1 = slope(x, y), k2 = slope(x, y + h / 2 * k1);
    const Tensor k3 = slope(x, y + h / 2 * k2), k4 = slope(x, y + h * k3);
    y += h / 6 * (k1 + 2 * (k2 + k3) + k4);
  }
  return y;
}

Tensor primal(const Input& input) { return solution(input.x, input.s); }

Tensor gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor x = tape.watch(input.x);
  return grad(select(solution(x, input.s), 0, -1), x);
}

}  // namespace

Eval ode() { return {"ode", {{"primal", function<Input>(primal)}, {"gradient", function<Input>(gradient)}}}; }

}  // namespace gradbench
