// The determinant by expansion along the first row, which takes n! products, and its gradient. All minors of one size
// are one tensor: the recursion goes over sizes, and there is no loop over numbers.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor matrix;  // [n, n]
};
void from_json(const Json& json, Input& input) {
  const auto n = json.at("ell").get<ebb::Index>();
  input.matrix = reshape(json.at("A").get<Tensor>(), {n, n});
}

/// For each j below n, all numbers below n but j: [n, n - 1].
ebb::IntArray all_but_one(ebb::Index n) {
  const ebb::IntArray i = ebb::arange(0, n - 1), j = unsqueeze(ebb::arange(0, n), 1);
  return i + (j <= i);
}

/// [matrices, n, n] -> [matrices]
Tensor determinants(const Tensor& matrices) {
  const ebb::Index n = matrices.extent(2);
  const Tensor first_row = select(matrices, 1, 0);
  if (n == 1) return squeeze(first_row, {1});
  const Tensor rest = slice(matrices, 1, {1, {}});
  const Tensor minors = permute(gather(rest, all_but_one(n), 2), {0, 2, 1, 3});  // [matrices, n, n - 1, n - 1]
  const Tensor of_minors = reshape(determinants(reshape(minors, {-1, n - 1, n - 1})), {-1, n});
  const Tensor signs = 1 - 2 * ebb::to_tensor<double>(remainder(ebb::arange(0, n), 2));
  return sum(signs * first_row * of_minors, 1);
}

Tensor determinant(const Tensor& matrix) { return squeeze(determinants(unsqueeze(matrix, 0)), {0}); }

double primal(const Input& input) { return determinant(input.matrix).item(); }

Tensor gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor matrix = tape.watch(input.matrix);
  return reshape(grad(determinant(matrix), matrix), {-1});
}

}  // namespace

Eval det() { return {"det", {{"primal", function<Input>(primal)}, {"gradient", function<Input>(gradient)}}}; }

}  // namespace gradbench
