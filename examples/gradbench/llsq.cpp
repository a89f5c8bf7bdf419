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

/// 1, t, t^2, ...: [n] to [n, count].
Tensor powers(const Tensor& t, ebb::Index count) {
  const Tensor factors = expand(unsqueeze(t, 1), {t.size(), count - 1});
  return ebb::concatenate({ebb::ones<double>({t.size(), 1}), cumulative_product(factors, 1)}, 1);
}

Tensor half_squares(const Tensor& x, ebb::Index n) {
  const Tensor t = 2 * ebb::arange<double>(0, static_cast<double>(n)) / static_cast<double>(n - 1) - 1;
  const Tensor polynomial = squeeze(matmul(powers(t, x.size()), unsqueeze(x, 1)), {1});
  return 0.5 * sum(square(sign(t) - polynomial));
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
