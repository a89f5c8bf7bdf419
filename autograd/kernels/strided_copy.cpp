#include "strided_copy.h"

#include <algorithm>

#include "broadcast_loops.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

constexpr Index tile = 16;

/// y[i, j] = x[j, i] for the rows i of one tile, in square tiles, so that the lines of x that one touches stay in the
/// cache.
template <class T>
void copy_transposed(Index rows, Index columns, const T* x, Index x_stride, T* y, Index y_stride) {
  for (Index j0 = 0; j0 < columns; j0 += tile)
    for (Index i = 0; i < rows; ++i)
      for (Index j = j0; j < std::min(j0 + tile, columns); ++j) y[i * y_stride + j] = x[j * x_stride + i];
}

}  // namespace

Strides row_major(const Shape& shape) {
  Strides strides{};
  Index step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[to_size(axis)] = step;
    step *= shape[axis];
  }
  return strides;
}

template <class T>
void strided_copy(const Shape& extents, const T* x, const Strides& x_strides, T* y, const Strides& y_strides) {
  StridedLoops<2> loops;
  for (int axis = 0; axis < extents.rank(); ++axis)
    loops.push(extents[axis], {x_strides[to_size(axis)], y_strides[to_size(axis)]});
  const Index n = loops.inner_extent(), x_step = loops.inner_stride()[0], y_step = loops.inner_stride()[1];
  int contiguous = 0;  // the axis along which x is, if y is along the innermost one
  while (contiguous < loops.rank - 1 && loops.stride[to_size(contiguous)][0] != 1) ++contiguous;
  if (x_step == 1 || y_step != 1 || contiguous == loops.rank - 1)
    return parallel_tiles(loops.size(), [&](Index first, Index count) {
      loops.for_each_row(first, first + count, [&](Index, const auto& at, Index steps) {
        const T* from = x + at[0];
        T* to = y + at[1];
        if (x_step == 1 && y_step == 1)
          std::copy_n(from, steps, to);
        else
          for (Index i = 0; i < steps; ++i) to[i * y_step] = from[i * x_step];
      });
    });

  StridedLoops<2> outer;
  for (int axis = 0; axis < loops.rank - 1; ++axis)
    if (axis != contiguous) outer.push(loops.extent[to_size(axis)], loops.stride[to_size(axis)]);
  const Index rows = loops.extent[to_size(contiguous)], y_row_step = loops.stride[to_size(contiguous)][1];
  const Index tiles = tiles_of(rows, tile);
  parallel_for(outer.size() * tiles, loops.size(), [&](Index unit) {
    const Index matrix = unit / tiles, first = unit % tiles * tile;
    outer.for_each_row(matrix, matrix + 1, [&](Index, const auto& at, Index) {
      copy_transposed(std::min(tile, rows - first), n, x + at[0] + first, x_step, y + at[1] + first * y_row_step,
                      y_row_step);
    });
  });
}

#define EBB_INSTANTIATE(T) template void strided_copy(const Shape&, const T*, const Strides&, T*, const Strides&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
