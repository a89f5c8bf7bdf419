#include "strided_copy.hpp"

#include <algorithm>

#include "broadcast_loops.hpp"

namespace ebb::kernels {

namespace {

/// y[i, j] = x[j, i] in square tiles, so that the lines of x that a tile touches stay in the cache.
template <class T>
void copy_transposed(Index rows, Index columns, const T* x, Index x_stride, T* y, Index y_stride) {
  constexpr Index tile = 16;
  for (Index i0 = 0; i0 < rows; i0 += tile)
    for (Index j0 = 0; j0 < columns; j0 += tile)
      for (Index i = i0; i < std::min(i0 + tile, rows); ++i)
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
  if (x_step == 1 && y_step == 1)
    return loops.for_each_row([&](Index, const auto& at) { std::copy_n(x + at[0], n, y + at[1]); });

  int contiguous = 0;  // the axis along which x is, if y is along the innermost one
  while (contiguous < loops.rank - 1 && loops.stride[to_size(contiguous)][0] != 1) ++contiguous;
  if (y_step != 1 || contiguous == loops.rank - 1)
    return loops.for_each_row([&](Index, const auto& at) {
      for (Index i = 0; i < n; ++i) y[at[1] + i * y_step] = x[at[0] + i * x_step];
    });

  StridedLoops<2> outer;
  for (int axis = 0; axis < loops.rank - 1; ++axis)
    if (axis != contiguous) outer.push(loops.extent[to_size(axis)], loops.stride[to_size(axis)]);
  const Index rows = loops.extent[to_size(contiguous)], y_row_step = loops.stride[to_size(contiguous)][1];
  outer.for_each_row([&](Index, const auto& at) {
    for (Index i = 0; i < outer.inner_extent(); ++i)
      copy_transposed(rows, n, x + at[0] + i * outer.inner_stride()[0], x_step, y + at[1] + i * outer.inner_stride()[1],
                      y_row_step);
  });
}

#define EBB_INSTANTIATE(T) template void strided_copy(const Shape&, const T*, const Strides&, T*, const Strides&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
