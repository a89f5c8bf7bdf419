#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/base/type_name.h"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
Tensor<T> filled(const char* function, const Shape& shape, T value) {
  Array<T> x = new_array<T>(function, shape);
  std::fill_n(x.mutable_data(), x.size(), value);
  return x;
}

}  // namespace

template <class T>
Tensor<T> zeros(const Shape& shape) {
  return filled("zeros", shape, T{0});
}

template <class T>
Tensor<T> ones(const Shape& shape) {
  return filled("ones", shape, T{1});
}

template <class T>
Tensor<T> full(const Shape& shape, double value) {
  const T rounded = static_cast<T>(value);
  if (std::isinf(rounded) && !std::isinf(value))
    throw Error(fmt::format("full(): {} is beyond the largest {}", value, type_name<T>));
  return filled("full", shape, rounded);
}

template <class T>
Tensor<T> arange(double start, double stop, double step) {
  const double count = std::ceil((stop - start) / step);
  if (!std::isfinite(count)) throw Error(fmt::format("arange({}, {}, {}) never gets there", start, stop, step));
  if (count > std::numeric_limits<std::int32_t>::max())
    throw Error(
        fmt::format("arange({}, {}, {}) would have {:g} elements, more than an axis can", start, stop, step, count));
  Array<T> x = new_array<T>("arange", static_cast<Index>(std::max(count, 0.0)));
  T* values = x.mutable_data();
  for (Index i = 0; i < x.size(); ++i) values[i] = static_cast<T>(start + static_cast<double>(i) * step);
  return x;
}

template <class T>
Tensor<T> to_tensor(const IntArray& x) {
  if (!x.defined()) throw Error("to_tensor(): the array is undefined (an empty IntArray)");
  Array<T> y = new_array<T>("to_tensor", x.shape());
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
