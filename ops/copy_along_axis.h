#pragma once

#include "../autograd/kernels/strided_copy.h"
#include "../autograd/storage/array.hpp"

namespace ebb {

/// Where the elements first, first + step, ... of an axis stand in an array of this shape.
struct AlongAxis {
  Index offset;  // of the first
  kernels::Strides strides;

  AlongAxis(const Shape& shape, int axis, Index first, Index step) : strides(kernels::row_major(shape)) {
    offset = first * strides[to_size(axis)];
    strides[to_size(axis)] *= step;
  }
};

/// Copies `part`, seen under a shape of y's rank, into y: its elements 0, 1, 2, ... along the axis become y's elements
/// first, first + step, first + 2 step, ...
template <class T>
void copy_along_axis(const Array<T>& part, const Shape& shape, Array<T>& y, int axis, Index first, Index step = 1) {
  if (part.size() == 0) return;
  const AlongAxis to(y.shape(), axis, first, step);
  kernels::strided_copy(shape, part.data(), kernels::row_major(shape), y.mutable_data() + to.offset, to.strides);
}

}  // namespace ebb
