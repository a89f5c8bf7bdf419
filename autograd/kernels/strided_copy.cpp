#include "strided_copy.h"

#include <algorithm>

#include "broadcast_loops.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

constexpr Index tile = 16;

template <class T>
void copy_rows(Index first, Index count, const StridedLoops<2>& loops, const T* x, T* y) {
  const Index x_step = loops.inner_stride()[0], y_step = loops.inner_stride()[1];
  for (RowCursor row(loops, first, first + count); !row.done(); row.next()) {
    const T* from = x + row.offset()[0];
    T* to = y + row.offset()[1];
    if (x_step == 1 && y_step == 1)
      std::copy_n(from, row.size(), to);
    else
      for (Index i = 0; i < row.size(); ++i) to[i * y_step] = from[i * x_step];
  }
}

template <class T>
void add_rows(Index first, Index count, const StridedLoops<2>& loops, const T* x, T* y) {
  const Index x_step = loops.inner_stride()[0], y_step = loops.inner_stride()[1];
  for (RowCursor row(loops, first, first + count); !row.done(); row.next()) {
    const T* from = x + row.offset()[0];
    T* to = y + row.offset()[1];
    for (Index i = 0; i < row.size(); ++i) to[i * y_step] += from[i * x_step];
  }
}

StridedLoops<2> loops_over(const Shape& extents, const Strides& x_strides, const Strides& y_strides) {
  StridedLoops<2> loops;
  for (int axis = 0; axis < extents.rank(); ++axis)
    loops.push(extents[axis], {x_strides[to_size(axis)], y_strides[to_size(axis)]});
  return loops;
}

/// Matrices to be transposed, which lie as `outer` says: y[i, j] = x[j, i]. A unit of work is a tile of rows of one.
template <class T>
struct TransposingCopy {
  StridedLoops<2> outer;
  Index rows, columns;
  const T* x;
  Index x_stride;
  T* y;
  Index y_stride;

  Index tiles() const { return tiles_of(rows, tile); }
};

/// The rows of a tile are copied in squares, so that the lines of x that a square touches stay in the cache.
template <class T>
void copy_transposed(Index unit, const TransposingCopy<T>& copy) {
  const Index matrix = unit / copy.tiles(), first = unit % copy.tiles() * tile;
  const auto [x_offset, y_offset] = RowCursor(copy.outer, matrix, matrix + 1).offset();
  const T* x = copy.x + x_offset + first;
  T* y = copy.y + y_offset + first * copy.y_stride;
  const Index rows = std::min(tile, copy.rows - first);
  for (Index corner = 0; corner < copy.columns; corner += tile)
    for (Index i = 0; i < rows; ++i)
      for (Index j = corner; j < std::min(corner + tile, copy.columns); ++j)
        y[i * copy.y_stride + j] = x[j * copy.x_stride + i];
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
  const StridedLoops<2> loops = loops_over(extents, x_strides, y_strides);
  const Index n = loops.inner_extent(), x_step = loops.inner_stride()[0], y_step = loops.inner_stride()[1];
  int contiguous = 0;  // the axis along which x is, if y is along the innermost one
  while (contiguous < loops.rank - 1 && loops.stride[to_size(contiguous)][0] != 1) ++contiguous;
  if (x_step == 1 || y_step != 1 || contiguous == loops.rank - 1) {
    const Tiles tiles = element_tiles(loops.size());
    return parallel_for(tiles.count(), tiles.n, copy_rows<T>, tiles.starts(), tiles.sizes(), loops, x, y);
  }

  const std::size_t rows = to_size(contiguous);
  TransposingCopy<T> copy{{}, loops.extent[rows], n, x, x_step, y, loops.stride[rows][1]};
  for (int axis = 0; axis < loops.rank - 1; ++axis)
    if (axis != contiguous) copy.outer.push(loops.extent[to_size(axis)], loops.stride[to_size(axis)]);
  parallel_for(copy.outer.size() * copy.tiles(), loops.size(), copy_transposed<T>, Counter{}, copy);
}

template <class T>
void strided_add(const Shape& extents, const T* x, const Strides& x_strides, T* y, const Strides& y_strides) {
  const StridedLoops<2> loops = loops_over(extents, x_strides, y_strides);
  const Tiles tiles = element_tiles(loops.size());
  parallel_for(tiles.count(), tiles.n, add_rows<T>, tiles.starts(), tiles.sizes(), loops, x, y);
}

template void strided_copy(const Shape&, const std::int32_t*, const Strides&, std::int32_t*, const Strides&);
#define EBB_INSTANTIATE(T)                                                                \
  template void strided_copy(const Shape&, const T*, const Strides&, T*, const Strides&); \
  template void strided_add(const Shape&, const T*, const Strides&, T*, const Strides&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
