#pragma once

#include <bitset>

#include "../autograd/storage/shape.hpp"

namespace ebb {

/// The axes of `x` that are named, as a bit for each. Throws Error for an axis that is not there or is named twice.
std::bitset<Shape::max_rank> named_axes(const Shape& x, const Axes& axes);

/// The shape of x without these axes. Throws Error as `named_axes` does.
Shape without_axes(const Shape& x, const Axes& axes);

}  // namespace ebb
