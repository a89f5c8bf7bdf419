#pragma once

#include <vector>

#include "axes.h"
#include "copy_along_axis.h"
#include "slicing.hpp"

namespace ebb {

/// The indices that a slice takes from an axis: first, first + step, ... , `count` of them.
struct Taken {
  Index first, count, step;
};

/// Those of a range, on an axis of this extent.
Taken taken(Index extent, const Range& range);

/// The elements of x at these indices of an axis.
template <class T>
Array<T> sliced(const Array<T>& x, int axis, const Taken& from) {
  Array<T> y(x.shape().with(axis, from.count));
  if (y.size() == 0) return y;
  const AlongAxis places(x.shape(), axis, from.first, from.step);
  kernels::strided_copy(y.shape(), x.data() + places.offset, places.strides, y.mutable_data(),
                        kernels::row_major(y.shape()));
  return y;
}

/// Adds `part` to the elements at these indices of an axis, where `whole` is of this shape.
template <class T>
void add_to_slice(const Array<T>& part, const Shape& shape, int axis, const Taken& to, T* whole) {
  if (part.size() == 0) return;
  const AlongAxis places(shape, axis, to.first, to.step);
  kernels::strided_add(part.shape(), part.data(), kernels::row_major(part.shape()), whole + places.offset,
                       places.strides);
}

/// x with the order turned along these axes.
template <class T>
Array<T> flipped(const Array<T>& x, const Axes& axes) {
  const Shape& shape = x.shape();
  const auto turned = named_axes(shape, axes);
  Array<T> y(shape);
  if (y.size() == 0) return y;
  kernels::Strides strides = kernels::row_major(shape);
  const T* last = x.data();
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (Index& stride = strides[to_size(axis)]; turned[to_size(axis)]) {
      last += (shape[axis] - 1) * stride;
      stride = -stride;
    }
  kernels::strided_copy(shape, last, strides, y.mutable_data(), kernels::row_major(shape));
  return y;
}

/// The extents of this many equal parts of an axis. Throws Error if it does not divide.
std::vector<Index> equal_parts(const Shape& x, Index parts, int axis);

/// Throws Error unless parts of these extents add up to the axis.
void check_parts(const Shape& x, const std::vector<Index>& extents, int axis);

/// `index`, counted from the front, along an axis of x. Throws Error if it is not there.
Index place_along(const Shape& x, int axis, Index index);

}  // namespace ebb
