#pragma once

#include <fmt/format.h>

#include <span>

#include "../autograd/base/error.hpp"
#include "../autograd/tensor.hpp"
#include "copy_along_axis.h"

namespace ebb {

inline const Array<std::int32_t>& array_of(const IntArray& x) { return x; }
template <class T>
const Array<T>& array_of(const Tensor<T>& x) {
  return x.value();
}

/// The arrays, or the values of the tensors, end to end along an axis.
template <class X>
auto joined(std::span<const X> parts, int asked_axis) {
  if (parts.empty()) throw Error("there is nothing to join");
  const Shape& shape = parts[0].shape();
  const int axis = shape.normalized(asked_axis);
  Index whole = 0;
  for (const X& part : parts) {
    if (part.rank() != shape.rank() || !(part.shape().with(axis, shape[axis]) == shape))
      throw Error(fmt::format("{} and {} cannot be joined along axis {}: their other extents must agree",
                              to_string(shape), to_string(part.shape()), axis));
    whole += part.shape()[axis];
  }
  std::decay_t<decltype(array_of(parts[0]))> y(shape.with(axis, whole));
  Index start = 0;
  for (const X& part : parts) {
    copy_along_axis(array_of(part), part.shape(), y, axis, start);
    start += part.shape()[axis];
  }
  return y;
}

/// The arrays, or the values of the tensors, side by side along a new axis.
template <class X>
auto stacked(std::span<const X> parts, int asked_axis) {
  if (parts.empty()) throw Error("there is nothing to join");
  const Shape& shape = parts[0].shape();
  const Shape one = shape.inserted(asked_axis, 1);
  const int axis = one.normalized(asked_axis);
  std::decay_t<decltype(array_of(parts[0]))> y(one.with(axis, static_cast<Index>(parts.size())));
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (!(parts[k].shape() == shape))
      throw Error(
          fmt::format("{} and {} cannot be stacked: they must have one shape; concatenate() joins along an "
                      "axis that is there",
                      to_string(shape), to_string(parts[k].shape())));
    copy_along_axis(array_of(parts[k]), one, y, axis, static_cast<Index>(k));
  }
  return y;
}

}  // namespace ebb
