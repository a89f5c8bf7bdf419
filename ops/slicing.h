#pragma once

#include "../autograd/kernels/strided_copy.h"
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
  const kernels::Strides whole = kernels::row_major(x.shape());
  kernels::Strides strides = whole;
  strides[to_size(axis)] *= from.step;
  kernels::strided_copy(y.shape(), x.data() + from.first * whole[to_size(axis)], strides, y.mutable_data(),
                        kernels::row_major(y.shape()));
  return y;
}

/// Adds `part` to the elements at these indices of an axis, where `whole` is of this shape.
template <class T>
void add_to_slice(const Array<T>& part, const Shape& shape, int axis, const Taken& to, T* whole) {
  if (part.size() == 0) return;
  const kernels::Strides dense = kernels::row_major(shape);
  kernels::Strides strides = dense;
  strides[to_size(axis)] *= to.step;
  kernels::strided_add(part.shape(), part.data(), kernels::row_major(part.shape()),
                       whole + to.first * dense[to_size(axis)], strides);
}

}  // namespace ebb
