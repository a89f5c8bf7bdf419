#include "random.hpp"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/random.h"

namespace ebb EBB_PUBLIC {

template <class T>
Tensor<T> uniform(const Shape& shape, Key key, double low, double high) {
  if (!(low <= high)) throw Error(fmt::format("uniform(): the bounds [{}, {}) are empty", low, high));
  Array<T> x(shape);
  kernels::uniform(x.size(), key.seed, key.stream, low, high, x.mutable_data());
  return x;
}

template <class T>
Tensor<T> normal(const Shape& shape, Key key, double mean, double standard_deviation) {
  Array<T> x(shape);
  kernels::normal(x.size(), key.seed, key.stream, mean, standard_deviation, x.mutable_data());
  return x;
}

IntArray uniform_integers(const Shape& shape, Key key, std::int32_t low, std::int32_t high) {
  if (low >= high) throw Error(fmt::format("uniform_integers(): there is no integer in [{}, {})", low, high));
  IntArray x(shape);
  kernels::uniform_integers(x.size(), key.seed, key.stream, low, high, x.mutable_data());
  return x;
}

#define EBB_INSTANTIATE(T)                                       \
  template Tensor<T> uniform(const Shape&, Key, double, double); \
  template Tensor<T> normal(const Shape&, Key, double, double);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
