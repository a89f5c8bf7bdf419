#include "gemm.h"

#include <algorithm>

#include "broadcast_loops.h"
#include "isa/gemm.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// A product in units of work: each makes `rows` rows of one panel of columns of c.
template <class T>
struct Product {
  Index m, n, k;
  MatrixView<T> a, b;
  const T* bias;
  T* c;
  Index rows, columns, panels;
};

template <class T>
void multiply_unit(Index unit, const Product<T>& x) {
  const Index i = unit / x.panels * x.rows, j = unit % x.panels * x.columns;
  chosen<GemmKernels<T>>().product(std::min(x.rows, x.m - i), std::min(x.columns, x.n - j), x.k,
                                   {x.a.data + i * x.a.row_step, x.a.row_step, x.a.column_step},
                                   {x.b.data + j * x.b.column_step, x.b.row_step, x.b.column_step},
                                   {x.bias == nullptr ? nullptr : x.bias + j, 0, 1}, x.c + i * x.n + j, x.n);
}

/// An argument of parallel_for: the matrices of a batch, which are `step` elements apart.
template <class T>
struct MovingMatrix {
  MatrixView<T> first;
  Index step;
};
template <class T>
MatrixView<T> of_unit(const MovingMatrix<T>& x, Index i) {
  return {x.first.data + i * x.step, x.first.row_step, x.first.column_step};
}

}  // namespace

template <class T>
void gemm(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, const T* bias, T* c) {
  const auto& kernels = chosen<GemmKernels<T>>();
  const Index work = work_of_products(m * n * k);
  const int threads = threads_for(work);
  if (threads == 1) return kernels.product(m, n, k, a, b, {bias, 0, 1}, c, n);
  // Each unit packs its panel of columns anew: so units are tall, but there are some three for every thread.
  const Index panels = tiles_of(n, kernels.columns);
  const Index blocks = std::max(tiles_of(m, 1024), tiles_of(3 * threads, panels));
  const Index rows = tiles_of(tiles_of(m, blocks), kernels.rows) * kernels.rows;
  parallel_for(tiles_of(m, rows) * panels, work, multiply_unit<T>, Counter{},
               Product<T>{m, n, k, a, b, bias, c, rows, kernels.columns, panels});
}

template <class T>
void batched_gemm(const Shape& batch, const Shape& a_batch, const Shape& b_batch, Index m, Index n, Index k,
                  MatrixView<T> a, MatrixView<T> b, T* c) {
  if (m == 0 || n == 0) return;  // of however many matrices
  const BroadcastLoops<2> loops(batch, {a_batch, b_batch});
  const auto& step = loops.inner_stride();
  for (RowCursor row(loops); !row.done(); row.next()) {
    const MatrixView<T> first_a{a.data + row.offset()[0] * m * k, a.row_step, a.column_step};
    const MatrixView<T> first_b{b.data + row.offset()[1] * k * n, b.row_step, b.column_step};
    parallel_for(row.size(), row.size() * work_of_products(m * n * k), gemm<T>, m, n, k,
                 MovingMatrix<T>{first_a, step[0] * m * k}, MovingMatrix<T>{first_b, step[1] * k * n},
                 static_cast<const T*>(nullptr), Moving<T>{c + row.before() * m * n, m * n});
  }
}

#define EBB_INSTANTIATE(T)                                                                                 \
  template void gemm(Index, Index, Index, MatrixView<T>, MatrixView<T>, const T*, T*);                     \
  template void batched_gemm(const Shape&, const Shape&, const Shape&, Index, Index, Index, MatrixView<T>, \
                             MatrixView<T>, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
