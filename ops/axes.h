#pragma once

#include <bitset>
#include <string>

#include "../autograd/storage/shape.hpp"

namespace ebb {

/// The axes of `x` that are named, as a bit for each. Throws Error for an axis that is not there or is named twice.
std::bitset<Shape::max_rank> named_axes(const Shape& x, const Axes& axes);

/// The shape of x without these axes. Throws Error as `named_axes` does.
Shape without_axes(const Shape& x, const Axes& axes);

/// The shape of x with extent 1 along the axes: what a reduction computes, and what broadcasts back to x.
Shape kept_shape(const Shape& x, const Axes& axes);

/// 0, 1, ..., for all axes of x.
Axes all_axes(const Shape& x);

/// All axes of x, the named ones behind the others: the order for `permute` that brings them to the end. Throws Error
/// as `named_axes` does.
Axes order_with_last(const Shape& x, const Axes& axes);

/// The order for `permute` that undoes this one, whose axes are not negative.
Axes inverse_order(const Axes& order);

/// The indices of element number `element` in row-major order, one for each axis: "[1, 0]".
std::string position_text(const Shape& shape, Index element);

}  // namespace ebb
