#pragma once

#include <ebb/ebb.hpp>
#include <limits>
#include <utility>
#include <vector>

namespace ebb_test {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Shapes to run an operation over, among them empty and one-element ones.
inline const std::vector<ebb::Shape> shapes{{}, {1}, {5}, {2, 3}, {2, 0}, {2, 1, 3}};

/// Pairs of shapes that broadcast, among them empty and one-element ones.
inline const std::vector<std::pair<ebb::Shape, ebb::Shape>> broadcasting{
    {{}, {}},      {{3}, {3}},    {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{4, 1, 3}, {2, 1}},
    {{1}, {2, 2}}, {{0, 3}, {3}}, {{2, 3}, {}}};

inline ebb::Tensor<double> sample(const ebb::Shape& shape, std::uint64_t seed = 1, double low = -2, double high = 2) {
  return ebb::uniform<double>(shape, ebb::Key{seed}, low, high);
}

/// Elements in [-1, 1), as layers are given them.
inline ebb::Tensor<double> small_sample(const ebb::Shape& shape, std::uint64_t seed = 5) {
  return sample(shape, seed, -1, 1);
}

/// Like `sample`, but at least `gap` away from 0, where a kink is.
inline ebb::Tensor<double> sample_off_zero(const ebb::Shape& shape, double gap = 0.1, std::uint64_t seed = 1) {
  std::vector<double> values = sample(shape, seed).to_vector();
  for (double& value : values) value += value < 0 ? -gap : gap;
  return ebb::Tensor<double>(shape, values);
}

/// The elements 0, 1, 2, ... in row-major order.
inline ebb::Tensor<double> counting(const ebb::Shape& shape) {
  return ebb::reshape(ebb::arange<double>(0, static_cast<double>(shape.size())), shape);
}

/// The sum of all elements, by the engine's own operation.
inline ebb::Tensor<double> total(const ebb::Tensor<double>& x) { return sum_to(x, {}); }

/// dy/dx at one point, of a function of one tensor.
template <class T, class F>
T slope_at(F f, T x) {
  ebb::Tape<T> tape;
  const ebb::Tensor<T> leaf = tape.watch(ebb::full<T>({}, x));
  return ebb::grad(f(leaf), leaf).item();
}

}  // namespace ebb_test
