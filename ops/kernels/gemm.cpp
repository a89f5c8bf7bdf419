#include "gemm.hpp"

#include <algorithm>

#include "../../autograd/array.hpp"
#include "broadcast_loops.hpp"
#include "isa/gemm.hpp"
#include "parallel.hpp"

namespace ebb::kernels {

namespace {

/// The work of a product, as parallel_for counts it: passing over one element takes as long as some 16 multiplications.
Index work_of(Index m, Index n, Index k) { return m * n * k / 16; }

Index rounded_up(Index n, Index to) { return (n + to - 1) / to * to; }

}  // namespace

template <class T>
void gemm(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, T* c, Index c_row_step, bool accumulate) {
  if (m == 0 || n == 0) return;
  if (k == 0 && !accumulate)
    for (Index i = 0; i < m; ++i) std::fill_n(c + i * c_row_step, n, T{0});
  if (k == 0) return;
  const auto& kernels = chosen<GemmKernels<T>>();
  Array<T> packed(Shape{rounded_up(n, kernels.columns), std::min(k, kernels.depth)});
  T* packed_b = packed.mutable_data();
  const Index blocks = (m + kernels.block_rows - 1) / kernels.block_rows;
  for (Index p = 0; p < k; p += kernels.depth) {
    const Index depth = std::min(kernels.depth, k - p);
    kernels.pack_b(n, depth, {b.data + p * b.row_step, b.row_step, b.column_step}, packed_b);
    parallel_for(blocks, work_of(m, n, depth), [&](Index block) {
      Array<T> packed_a(Shape{kernels.rows, depth});
      const Index first = block * kernels.block_rows, rows = std::min(kernels.block_rows, m - first);
      kernels.rows_times_b(rows, n, depth, {a.data + first * a.row_step + p * a.column_step, a.row_step, a.column_step},
                           packed_b, c + first * c_row_step, c_row_step, accumulate || p > 0, packed_a.mutable_data());
    });
  }
}

template <class T>
void batched_gemm(const Shape& batch, const Shape& a_batch, const Shape& b_batch, Index m, Index n, Index k,
                  MatrixView<T> a, MatrixView<T> b, T* c) {
  chosen_isa();  // throws, if at all, here and not on a thread of the loop
  const BroadcastLoops<2> loops(batch, {a_batch, b_batch});
  const Index count = loops.inner_extent();
  const auto& step = loops.inner_stride();
  loops.for_each_row([&](Index first, const auto& from) {
    parallel_for(count, count * work_of(m, n, k), [&](Index i) {
      gemm(m, n, k, {a.data + (from[0] + i * step[0]) * m * k, a.row_step, a.column_step},
           {b.data + (from[1] + i * step[1]) * k * n, b.row_step, b.column_step}, c + (first + i) * m * n, n, false);
    });
  });
}

#define EBB_INSTANTIATE(T)                                                                                 \
  template void gemm(Index, Index, Index, MatrixView<T>, MatrixView<T>, T*, Index, bool);                  \
  template void batched_gemm(const Shape&, const Shape&, const Shape&, Index, Index, Index, MatrixView<T>, \
                             MatrixView<T>, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
