// The determinant by expansion along the first row, which takes n! products of single numbers, and its gradient. The
// recursion is a template of its number type; `by_scalars` records it as one operation.

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

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

/// The determinant of the rows from `row` on of an n x n matrix, without the columns whose bit is set in `used`.
template <class S>
S determinant(std::span<const S> matrix, std::size_t n, std::size_t row = 0, std::uint64_t used = 0) {
  if (row + 1 == n) return matrix[row * n + static_cast<std::size_t>(std::countr_one(used))];
  S sum = 0;
  bool positive = true;
  for (std::size_t column = 0; column < n; ++column) {
    if ((used >> column & 1U) != 0) continue;
    const S term = matrix[row * n + column] * determinant(matrix, n, row + 1, used | std::uint64_t{1} << column);
    sum = positive ? sum + term : sum - term;
    positive = !positive;
  }
  return sum;
}

constexpr auto expansion = [](auto matrix) {
  return determinant(matrix, static_cast<std::size_t>(std::lround(std::sqrt(matrix.size()))));
};

double primal(const Input& input) { return by_scalars(expansion, input.matrix).item(); }

Tensor gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor matrix = tape.watch(input.matrix);
  return reshape(grad(by_scalars(expansion, matrix), matrix), {-1});
}

}  // namespace

Eval det() { return {"det", {{"primal", function<Input>(primal)}, {"gradient", function<Input>(gradient)}}}; }

}  // namespace gradbench
