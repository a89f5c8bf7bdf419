#pragma once

#include "../autograd/storage/array.hpp"

// Shared by indexing.cpp and integers.cpp.
namespace ebb {

/// A shape as [outer, extent, inner] around an axis.
struct AroundAxis {
  Index outer = 1, extent, inner = 1;

  AroundAxis(const Shape& x, int axis) : extent(x[axis]) {
    if (x.size() == 0) outer = 0;  // the extents of an array without elements may be huge
    for (int i = 0; i < axis; ++i) outer *= x[i];
    for (int i = axis + 1; i < x.rank(); ++i) inner *= x[i];
  }
};

/// Throws Error for an index that axis `axis` of x does not have.
void check_within(const IntArray& indices, const Shape& x, int axis);

/// The shape of x, with an axis replaced by the axes of the indices.
Shape gathered_shape(const Shape& x, int axis, const Shape& indices);

}  // namespace ebb
