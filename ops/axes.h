#pragma once

#include <bitset>

#include "../autograd/storage/shape.hpp"

namespace ebb {

/// Which axes of `x` are named. Throws Error for an axis that is not there or is named twice.
std::bitset<Shape::max_rank> named_axes(const Shape& x, const Axes& axes);

/// The shape of x without these axes. Throws Error as `named_axes` does.
Shape without_axes(const Shape& x, const Axes& axes);

}  // namespace ebb
