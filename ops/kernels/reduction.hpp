#pragma once

#include "../../autograd/shape.hpp"

// Raw loops of ops/reduction.cpp and sum_to. y has the rank of x or less, and broadcasts to it: an axis is reduced
// where y lacks it or has extent 1. Sums are accumulated in double, also for float, in an order that depends on the
// shapes alone: ten million floats add up as exactly as a float can tell.
namespace ebb::kernels {

/// y = scale * the sum of x; 0 where there is nothing to sum.
template <class T>
void sum(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, double scale = 1);

}  // namespace ebb::kernels
