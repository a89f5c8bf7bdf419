#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/base/error.hpp"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

template <class T>
Tensor<T> zeros(const Shape& shape) {
  return Array<T>(shape, T{0});
}

template <class T>
Tensor<T> ones(const Shape& shape) {
  return Array<T>(shape, T{1});
}

template <class T>
Tensor<T> full(const Shape& shape, double value) {
  return Array<T>(shape, static_cast<T>(value));
}

template <class T>
Tensor<T> arange(double start, double stop, double step) {
  const double count = std::ceil((stop - start) / step);
  if (!std::isfinite(count)) throw Error(fmt::format("arange({}, {}, {}) never gets there", start, stop, step));
  if (count > std::numeric_limits<std::int32_t>::max())
    throw Error(
        fmt::format("arange({}, {}, {}) would have {:g} elements, more than an axis can", start, stop, step, count));
  Array<T> x(Shape(static_cast<Index>(std::max(count, 0.0))));
  T* values = x.mutable_data();
  for (Index i = 0; i < x.size(); ++i) values[i] = static_cast<T>(start + static_cast<double>(i) * step);
  return x;
}

template <class T>
Tensor<T> to_tensor(const IntArray& x) {
  Array<T> y(x.shape());
  std::transform(x.data(), x.data() + x.size(), y.mutable_data(), [](std::int32_t i) { return static_cast<T>(i); });
  return y;
}

#define EBB_INSTANTIATE(T)                           \
  template Tensor<T> zeros(const Shape&);            \
  template Tensor<T> ones(const Shape&);             \
  template Tensor<T> full(const Shape&, double);     \
  template Tensor<T> arange(double, double, double); \
  template Tensor<T> to_tensor(const IntArray&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
