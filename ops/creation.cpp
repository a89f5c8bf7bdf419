#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/base/type_name.h"
#include "axes.h"
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

template <class T>
Tensor<T> linspace(double start, double stop, Index count) {
  if (count < 0) throw Error(fmt::format("linspace(): there are no {} numbers", count));
  Array<T> x = new_array<T>("linspace", count);
  T* values = x.mutable_data();
  // Weighted ends: the last number is `stop` itself, and stop - start cannot overflow.
  for (Index i = 0; i < count; ++i) {
    const double share = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
    values[i] = static_cast<T>(start * (1 - share) + stop * share);
  }
  return x;
}

template <class T>
Tensor<T> eye(Index n) {
  Array<T> x = new_array<T>("eye", {n, n});
  std::fill_n(x.mutable_data(), x.size(), T{0});
  for (Index i = 0; i < n; ++i) x.mutable_data()[i * (n + 1)] = 1;
  return x;
}

template <class T>
Tensor<T> one_hot(const IntArray& labels, Index classes) {
  if (!labels.defined()) throw Error("one_hot(): the labels are undefined (an empty IntArray)");
  if (labels.rank() == Shape::max_rank)
    throw Error(fmt::format("one_hot(): labels of shape {} leave no axis for the classes", to_string(labels.shape())));
  Array<T> x = new_array<T>("one_hot", labels.shape().inserted(labels.rank(), classes));
  T* values = x.mutable_data();
  std::fill_n(values, x.size(), T{0});
  for (Index i = 0; i < labels.size(); ++i) {
    const std::int32_t label = labels.data()[i];
    if (label < 0 || label >= classes)
      throw Error(fmt::format("one_hot(): label {} at position {} is none of the {} classes, which count from 0", label,
                              position_text(labels.shape(), i), classes));
    values[i * classes + label] = 1;
  }
  return x;
}

template <class To, class T>
Tensor<To> cast(const Tensor<T>& x) {
  if (!x.defined()) throw Error("cast(): the tensor is undefined");
  if (x.tracked())
    throw Error(
        fmt::format("cast(): the tensor is on a tape of {}, and no gradient passes to one of {}; use "
                    "cast<{}>(x.detach())",
                    type_name<T>, type_name<To>, type_name<To>));
  Array<To> y(x.shape());
  std::transform(x.data(), x.data() + x.size(), y.mutable_data(), [](T number) { return static_cast<To>(number); });
  return y;
}

#define EBB_INSTANTIATE(T)                            \
  template Tensor<T> zeros(const Shape&);             \
  template Tensor<T> ones(const Shape&);              \
  template Tensor<T> full(const Shape&, double);      \
  template Tensor<T> arange(double, double, double);  \
  template Tensor<T> to_tensor(const IntArray&);      \
  template Tensor<T> linspace(double, double, Index); \
  template Tensor<T> eye(Index);                      \
  template Tensor<T> one_hot(const IntArray&, Index); \
  template Tensor<float> cast(const Tensor<T>&);      \
  template Tensor<double> cast(const Tensor<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
