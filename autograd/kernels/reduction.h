#pragma once

#include <cstdint>

#include "../storage/shape.hpp"

// Raw loops of ops/reduction.cpp and sum_to. y has the rank of x or less, and broadcasts to it: an axis is reduced
// where y lacks it or has extent 1. Sums are accumulated in double, also for float, in an order that depends on the
// shapes alone: ten million floats add up as exactly as a float can tell.
namespace ebb::kernels {

/// y = scale * the sum of x; 0 where there is nothing to sum.
template <class T>
void sum(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, double scale = 1);
/// y = 1/(count - correction) * the sum of (x - mean)^2, in two passes; `count` elements of x go into each of y.
template <class T>
void variance(const Shape& x_shape, const T* x, Index count, double correction, const Shape& y_shape, T* y);
/// y = the largest x, or NaN if there is one; minus infinity where there is none.
template <class T>
void max(const Shape& x_shape, const T* x, const Shape& y_shape, T* y);
/// y = the smallest x, or NaN if there is one; infinity where there is none.
template <class T>
void min(const Shape& x_shape, const T* x, const Shape& y_shape, T* y);
/// y = m + log(the sum of e^(x - m)), with the largest x in m.
template <class T>
void logsumexp(const Shape& x_shape, const T* x, const Shape& y_shape, T* y);

/// The index of the first of the largest x (or of the first NaN) along an axis, which is not empty.
template <class T>
void argmax(const Shape& shape, int axis, const T* x, std::int32_t* y);
/// y[i] = x[0] + ... + x[i] along an axis; from the end if `reversed`. Accumulated in double.
template <class T>
void cumulative_sum(const Shape& shape, int axis, bool reversed, const T* x, T* y);

}  // namespace ebb::kernels
