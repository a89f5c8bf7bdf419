#pragma once

#include <algorithm>

#include "parallel.h"

namespace ebb::kernels {

/// Neighbouring fibres: the number of the first one, where its first element is, and how many there are.
struct FibreTile {
  Index number, start, count;
};

/// The fibres of a dense array along one axis: `count` of them, each of `extent` elements that are `stride` apart. (A
/// fibre is what a row or a column is in a matrix; Kolda & Bader 2009, "Tensor decompositions and applications".)
struct Fibres {
  static constexpr Index most_in_tile = 256;

  Index count = 1;
  Index extent;
  Index stride = 1;

  Fibres(const Shape& shape, int axis) : extent(shape.extent(axis)) {
    axis = shape.normalized(axis);
    if (shape.size() == 0) {  // of an array without elements, the other extents may be huge
      count = 0;
      return;
    }
    for (int i = 0; i < shape.rank(); ++i)
      if (i != axis) count *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) stride *= shape[i];
  }

  /// The number of elements.
  Index size() const { return count * extent; }
  /// The place of the first element of fibre number f.
  Index start(Index f) const { return stride == 1 ? f * extent : f / stride * extent * stride + f % stride; }

  /// The number of tiles of fibres whose elements lie side by side. A dense fibre is a tile of its own.
  Index tiles() const { return count == 0 ? 0 : count / stride * tiles_of(stride, tile_size()); }
  FibreTile tile(Index t) const {
    const Index each = tile_size(), across = tiles_of(stride, each);
    const Index number = t / across * stride + t % across * each;
    return {number, start(number), std::min(each, stride - number % stride)};
  }

 private:
  Index tile_size() const { return std::min(stride, most_in_tile); }
};

}  // namespace ebb::kernels
