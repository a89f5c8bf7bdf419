#include "random.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/base/type_name.h"
#include "../autograd/kernels/random.h"
#include "new_array.h"

namespace ebb EBB_PUBLIC {

Key Generator::next() {
  const auto [seed, stream] = kernels::derived_key(root_.seed, root_.stream, kernels::Counters::generator, count_++);
  return {seed, stream};
}

template <class T>
Tensor<T> uniform(const Shape& shape, Key key, double low, double high) {
  if (!(low <= high)) throw Error(fmt::format("uniform(): the bounds [{}, {}) are empty", low, high));
  if (!std::isfinite(static_cast<T>(low)) || !std::isfinite(static_cast<T>(high)) || !std::isfinite(high - low))
    throw Error(fmt::format("uniform(): the bounds [{}, {}), and their distance, must be finite in {}", low, high,
                            type_name<T>));
  Array<T> x = new_array<T>("uniform", shape);
  kernels::uniform(x.size(), key.seed, key.stream, low, high, x.mutable_data());
  return x;
}

template <class T>
Tensor<T> normal(const Shape& shape, Key key, double mean, double standard_deviation) {
  if (!std::isfinite(static_cast<T>(mean)) || !std::isfinite(static_cast<T>(standard_deviation)))
    throw Error(fmt::format("normal(): the mean {} and the standard deviation {} must be finite in {}", mean,
                            standard_deviation, type_name<T>));
  Array<T> x = new_array<T>("normal", shape);
  kernels::normal(x.size(), key.seed, key.stream, mean, standard_deviation, x.mutable_data());
  return x;
}

IntArray uniform_integers(const Shape& shape, Key key, std::int32_t low, std::int32_t high) {
  if (low >= high) throw Error(fmt::format("uniform_integers(): there is no integer in [{}, {})", low, high));
  IntArray x = new_array<std::int32_t>("uniform_integers", shape);
  kernels::uniform_integers(x.size(), key.seed, key.stream, low, high, x.mutable_data());
  return x;
}

IntArray permutation(Index n, Key key) {
  IntArray x = new_array<std::int32_t>("permutation", {n});
  kernels::permutation(n, key.seed, key.stream, x.mutable_data());
  return x;
}

#define EBB_INSTANTIATE(T)                                       \
  template Tensor<T> uniform(const Shape&, Key, double, double); \
  template Tensor<T> normal(const Shape&, Key, double, double);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
