#pragma once

#include <array>

#include "../storage/shape.hpp"

// Raw loops of ops/shape.cpp: every op that moves elements about is one copy between two strided views.
namespace ebb::kernels {

/// The distance between neighbours along each axis, in elements; negative to go backwards.
using Strides = std::array<Index, Shape::max_rank>;

/// The strides of a dense array in row-major order.
Strides row_major(const Shape& shape);

/// y[i, j, ...] = x[i, j, ...] for all indices within `extents`; x and y point to element [0, 0, ...] of each view.
template <class T>
void strided_copy(const Shape& extents, const T* x, const Strides& x_strides, T* y, const Strides& y_strides);

/// y[i, j, ...] += x[i, j, ...], likewise; no two indices lead to one place in y.
template <class T>
void strided_add(const Shape& extents, const T* x, const Strides& x_strides, T* y, const Strides& y_strides);

}  // namespace ebb::kernels
