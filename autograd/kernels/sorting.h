#pragma once

#include <cstdint>

#include "../storage/shape.hpp"

// Raw loops of ops/sorting.cpp and of cumulative_max, along an axis. NaN counts as larger than all numbers.
namespace ebb::kernels {

/// The indices of the first `count` elements of x in order; of equal ones the first comes first. y has the shape of x
/// but for `count` along the axis.
template <class T>
void argsort(const Shape& shape, int axis, bool descending, Index count, const T* x, std::int32_t* y);
/// y[i] = the index of the first of the largest of x[0], ..., x[i], or of the first NaN among them.
template <class T>
void cumulative_argmax(const Shape& shape, int axis, const T* x, std::int32_t* y);

}  // namespace ebb::kernels
