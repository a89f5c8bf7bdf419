#pragma once

#include "../autograd/kernels/strided_copy.h"
#include "../autograd/storage/array.hpp"

namespace ebb {

/// Copies `part`, seen under a shape of y's rank, into y: its elements 0, 1, 2, ... along the axis become y's elements
/// first, first + step, first + 2 step, ...
template <class T>
void copy_along_axis(const Array<T>& part, const Shape& shape, Array<T>& y, int axis, Index first, Index step = 1) {
  if (part.size() == 0) return;
  const kernels::Strides whole = kernels::row_major(y.shape());
  kernels::Strides strides = whole;
  strides[to_size(axis)] *= step;
  kernels::strided_copy(shape, part.data(), kernels::row_major(shape), y.mutable_data() + first * whole[to_size(axis)],
                        strides);
}

}  // namespace ebb
