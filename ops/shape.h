#pragma once

#include "../autograd/kernels/strided_copy.h"
#include "../autograd/storage/array.hpp"

namespace ebb {

/// The shape that a reshape from `from` asks for, with the extent that is -1 worked out. Throws Error unless it holds
/// as many elements.
Shape completed(const Shape& from, const Shape& asked);

/// The shape of x without these axes. Throws Error unless their extent is 1.
Shape squeezed_shape(const Shape& x, const Axes& axes);

/// The axes of extent 1.
Axes axes_of_one(const Shape& x);

/// The axes of x in their new order, none of them negative. Throws Error unless each is named once.
Axes order_of(const Axes& axes, const Shape& x);

/// All axes of x, two of them swapped.
Axes order_with_swapped(const Shape& x, int a, int b);

/// x with its axes in another order, none of them negative.
template <class T>
Array<T> permuted(const Array<T>& x, const Axes& order) {
  const kernels::Strides from = kernels::row_major(x.shape());
  kernels::Strides strides{};
  Shape shape;
  for (int axis = 0; axis < order.rank(); ++axis) {
    shape.push_back(x.shape()[static_cast<int>(order[axis])]);
    strides[to_size(axis)] = from[to_size(order[axis])];
  }
  Array<T> y(shape);
  kernels::strided_copy(shape, x.data(), strides, y.mutable_data(), kernels::row_major(shape));
  return y;
}

}  // namespace ebb
