#pragma once

#include <algorithm>
#include <array>

#include "parallel.h"

namespace ebb::kernels {

/// A dense array seen as its lanes along one axis: `count` of them, each of `extent` elements `stride` apart.
struct Lanes {
  Index count = 1;
  Index extent;
  Index stride = 1;

  Lanes(const Shape& shape, int axis) : extent(shape.extent(axis)) {
    axis = shape.normalized(axis);
    for (int i = 0; i < shape.rank(); ++i)
      if (i != axis) count *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) stride *= shape[i];
  }

  /// Where lane number l starts.
  Index start(Index l) const { return stride == 1 ? l * extent : l / stride * extent * stride + l % stride; }

  /// Calls `tile(number, start, n)` for tiles of n lanes that lie side by side (one where a lane is dense), maybe on
  /// several threads: the number of the first, and where it starts.
  static constexpr Index side_by_side = 256;
  template <class Tile>
  void for_each_tile(Tile tile) const {
    if (count == 0) return;
    const Index width = std::min(stride, side_by_side), tiles = tiles_of(stride, width);
    parallel_for(count / stride * tiles, count * extent, [&](Index t) {
      const Index number = t / tiles * stride + t % tiles * width;
      tile(number, start(number), std::min(width, stride - number % stride));
    });
  }
};

/// f(0) + ... + f(n - 1) in double, whatever T is. Element i goes to partial sum i mod 8: a fixed order, which depends
/// on n alone and which the compiler can vectorise.
template <class F>
double lane_sum(Index n, F f) {
  std::array<double, 8> part{};
  Index i = 0;
  for (; i + 8 <= n; i += 8)
    for (Index k = 0; k < 8; ++k) part[to_size(k)] += static_cast<double>(f(i + k));
  for (Index k = 0; i + k < n; ++k) part[to_size(k)] += static_cast<double>(f(i + k));
  return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

}  // namespace ebb::kernels
