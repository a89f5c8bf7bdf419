#pragma once

#include <ebb/ebb.hpp>
#include <utility>
#include <vector>

namespace ebb_test {

/// Shapes to run an operation over, among them empty and one-element ones.
inline const std::vector<ebb::Shape> shapes{{}, {1}, {5}, {2, 3}, {2, 0}, {2, 1, 3}};

/// Pairs of shapes that broadcast, among them empty and one-element ones.
inline const std::vector<std::pair<ebb::Shape, ebb::Shape>> broadcasting{
    {{}, {}},      {{3}, {3}},    {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{4, 1, 3}, {2, 1}},
    {{1}, {2, 2}}, {{0, 3}, {3}}, {{2, 3}, {}}};

inline ebb::Tensor<double> sample(const ebb::Shape& shape, std::uint64_t seed = 1, double low = -2, double high = 2) {
  return ebb::uniform<double>(shape, ebb::Key{seed}, low, high);
}

/// Like `sample`, but at least `gap` away from 0, where a kink is.
inline ebb::Tensor<double> sample_off_zero(const ebb::Shape& shape, double gap = 0.1, std::uint64_t seed = 1) {
  std::vector<double> values = sample(shape, seed).to_vector();
  for (double& value : values) value += value < 0 ? -gap : gap;
  return ebb::Tensor<double>(shape, values);
}

/// dy/dx at one point, of a function of one tensor.
template <class T, class F>
T slope_at(F f, T x) {
  ebb::Tape<T> tape;
  const ebb::Tensor<T> leaf = tape.watch(ebb::full<T>({}, x));
  return ebb::grad(f(leaf), leaf).item();
}

}  // namespace ebb_test
