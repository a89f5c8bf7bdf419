// Half the squared distance between a polynomial with coefficients x and the sign of t, at n points t between -1 and 1;
// and its gradient.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor x;
  ebb::Index n;
};
void from_json(const Json& json, Input& input) { json.at("x").get_to(input.x), json.at("n").get_to(input.n); }

/// x_0 + x_1 t + x_2 t^2 + ... for each t, by Horner's scheme.
Tensor polynomial(const Tensor& x, const Tensor& t) {
  const auto coefficients = unbind(x);
  Tensor y = ebb::zeros<double>(t.shape());
  for (std::size_t i = coefficients.size(); i-- > 0;) y = y * t + coefficients[i];
  return y;
}

Tensor half_squares(const Tensor& x, ebb::Index n) {
  const Tensor t = 2 * ebb::arange<double>(0, static_cast<double>(n)) / static_cast<double>(n - 1) - 1;
  return 0.5 * sum(square(sign(t) - polynomial(x, t)));
}

double primal(const Input& input) { return half_squares(input.x, input.n).item(); }

Tensor gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor x = tape.watch(input.x);
  return grad(half_squares(x, input.n), x);
}

}  // namespace

Eval llsq() { return {"llsq", {{"primal", function<Input>(primal)}, {"gradient", function<Input>(gradient)}}}; }

}  // namespace gradbench
