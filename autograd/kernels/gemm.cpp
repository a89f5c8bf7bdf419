#include "gemm.h"

#include <algorithm>

#include "broadcast_loops.h"
#include "isa/gemm.h"
#include "parallel.h"

namespace ebb::kernels {

template <class T>
void gemm(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, const T* bias, T* c) {
  const auto& kernels = chosen<GemmKernels<T>>();
  const int threads = threads_for(work_of_products(m * n * k));
  if (threads == 1) return kernels.product(m, n, k, a, b, {bias, 0, 1}, c, n);
  // Each panel of columns is packed anew for each block of rows: blocks are tall, but give every thread some three
  // units.
  const Index panels = tiles_of(n, kernels.columns);
  const Index blocks = std::max(tiles_of(m, 1024), tiles_of(3 * threads, panels));
  const Index rows = tiles_of(tiles_of(m, blocks), kernels.rows) * kernels.rows;
  parallel_for(tiles_of(m, rows) * panels, work_of_products(m * n * k), [&](Index unit) {
    const Index i = unit / panels * rows, j = unit % panels * kernels.columns;
    kernels.product(std::min(rows, m - i), std::min(kernels.columns, n - j), k,
                    {a.data + i * a.row_step, a.row_step, a.column_step},
                    {b.data + j * b.column_step, b.row_step, b.column_step},
                    {bias == nullptr ? nullptr : bias + j, 0, 1}, c + i * n + j, n);
  });
}

template <class T>
void batched_gemm(const Shape& batch, const Shape& a_batch, const Shape& b_batch, Index m, Index n, Index k,
                  MatrixView<T> a, MatrixView<T> b, T* c) {
  const BroadcastLoops<2> loops(batch, {a_batch, b_batch});
  const Index count = loops.inner_extent();
  const auto& step = loops.inner_stride();
  loops.for_each_row([&](Index first, const auto& from) {
    parallel_for(count, count * work_of_products(m * n * k), [&](Index i) {
      gemm(m, n, k, {a.data + (from[0] + i * step[0]) * m * k, a.row_step, a.column_step},
           {b.data + (from[1] + i * step[1]) * k * n, b.row_step, b.column_step}, static_cast<const T*>(nullptr),
           c + (first + i) * m * n);
    });
  });
}

#define EBB_INSTANTIATE(T)                                                                                 \
  template void gemm(Index, Index, Index, MatrixView<T>, MatrixView<T>, const T*, T*);                     \
  template void batched_gemm(const Shape&, const Shape&, const Shape&, Index, Index, Index, MatrixView<T>, \
                             MatrixView<T>, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
