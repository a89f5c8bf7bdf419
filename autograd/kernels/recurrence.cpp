#include "recurrence.h"

#include <algorithm>

#include "../storage/array.hpp"
#include "isa/elementwise.h"
#include "isa/gemm.h"
#include "parallel.h"
#include "strided_copy.h"

namespace ebb::kernels {

namespace {

/// So many sequences at a time that their product with the weight needs no packed copy of it.
Tiles tiles_of_sequences(Index batch) {
  constexpr Index most = 24;
  return {batch, std::max<Index>(1, tiles_of(batch, std::max<Index>(1, tiles_of(batch, most))))};
}

template <class T>
Index work_of(Cell cell, const Recurrence<T>& r) {
  return work_of_products(r.batch * r.length * gates_of(cell) * r.hidden * (r.hidden + 16));
}

/// The rows of one step of one sequence.
template <class T>
struct Step {
  Index n;
  const T *x, *product;  // the product of h and the weight; with x already where they only meet in a sum
  const T *before, *cell_before;
  T *kept, *cell, *after;
};

template <class T>
void step_of_rnn(const ElementwiseKernels<T>& f, const Step<T>& s) {
  f.tanh(s.n, s.product, s.after);
}

template <class T>
void step_of_gru(const ElementwiseKernels<T>& f, const Step<T>& s) {
  const Index n = s.n;
  T *const r = s.kept, *const z = r + n, *const in = z + n, *const a = in + n;
  for (Index i = 0; i < 2 * n; ++i) r[i] = s.x[i] + s.product[i];
  f.sigmoid(2 * n, r, r);
  std::copy_n(s.product + 2 * n, n, a);
  for (Index i = 0; i < n; ++i) in[i] = s.x[2 * n + i] + r[i] * a[i];
  f.tanh(n, in, in);
  for (Index i = 0; i < n; ++i) s.after[i] = in[i] + z[i] * (s.before[i] - in[i]);
}

template <class T>
void step_of_lstm(const ElementwiseKernels<T>& f, const Step<T>& s) {
  const Index n = s.n;
  T *const in = s.kept, *const forget = in + n, *const g = forget + n, *const out = g + n;
  f.sigmoid(2 * n, s.product, in);
  f.tanh(n, s.product + 2 * n, g);
  f.sigmoid(n, s.product + 3 * n, out);
  for (Index i = 0; i < n; ++i) s.cell[i] = forget[i] * s.cell_before[i] + in[i] * g[i];
  f.tanh(n, s.cell, s.after);
  for (Index i = 0; i < n; ++i) s.after[i] *= out[i];
}

/// The rows of one step on the way back; dh and dc are those of the step's results, and become what the step before
/// gets beside its share through the product.
template <class T>
struct StepBack {
  Index n;
  const T *kept, *before, *after, *cell, *cell_before;
  T *dh, *dc, *dx, *dproduct;
};

/// The slope of a sigmoid whose value is y.
template <class T>
T sigmoid_slope(T y) {
  return y * (T{1} - y);
}

template <class T>
void step_back_of_rnn(const ElementwiseKernels<T>&, const StepBack<T>& s) {
  for (Index i = 0; i < s.n; ++i) s.dproduct[i] = s.dh[i] * (T{1} - s.after[i] * s.after[i]);
}

template <class T>
void step_back_of_gru(const ElementwiseKernels<T>&, const StepBack<T>& s) {
  const Index n = s.n;
  const T *const r = s.kept, *const z = r + n, *const in = z + n, *const a = in + n;
  T *const dr = s.dproduct, *const dz = dr + n, *const da = dz + n, *const din = s.dx + 2 * n;
  for (Index i = 0; i < n; ++i) {
    din[i] = s.dh[i] * (T{1} - z[i]) * (T{1} - in[i] * in[i]);
    dr[i] = din[i] * a[i] * sigmoid_slope(r[i]);
    dz[i] = s.dh[i] * (s.before[i] - in[i]) * sigmoid_slope(z[i]);
    da[i] = din[i] * r[i];
    s.dh[i] *= z[i];
  }
  std::copy_n(dr, 2 * n, s.dx);
}

template <class T>
void step_back_of_lstm(const ElementwiseKernels<T>& f, const StepBack<T>& s) {
  const Index n = s.n;
  const T *const in = s.kept, *const forget = in + n, *const g = forget + n, *const out = g + n;
  T *const din = s.dproduct, *const dforget = din + n, *const dg = dforget + n, *const dout = dg + n;
  T* const tanh_c = din;  // until its place is needed
  f.tanh(n, s.cell, tanh_c);
  for (Index i = 0; i < n; ++i) {
    const T dc = s.dc[i] + s.dh[i] * out[i] * (T{1} - tanh_c[i] * tanh_c[i]);
    dout[i] = s.dh[i] * tanh_c[i] * sigmoid_slope(out[i]);
    din[i] = dc * g[i] * sigmoid_slope(in[i]);
    dforget[i] = dc * s.cell_before[i] * sigmoid_slope(forget[i]);
    dg[i] = dc * in[i] * (T{1} - g[i] * g[i]);
    s.dc[i] = dc * forget[i];
  }
}

/// Where the rows of sequence b stand before step t: `initial` for the first, then those of the step before.
template <class T>
const T* row_before(Index t, Index b, Index n, const T* initial, const T* rows, Index rows_of_each) {
  return t == 0 ? initial + b * n : rows + (b * rows_of_each + t - 1) * n;
}

template <class T>
void run_tile(Index first, Index count, Cell cell, const Recurrence<T>& r, const RecurrenceRun<T>& to) {
  const auto& f = chosen<ElementwiseKernels<T>>();
  const auto step = cell == Cell::rnn ? step_of_rnn<T> : cell == Cell::gru ? step_of_gru<T> : step_of_lstm<T>;
  const bool cells = cell == Cell::lstm;
  const Index n = r.hidden, wide = gates_of(cell) * n, rows = r.length + more_of(cell), kept = kept_of(cell) * n;
  Array<T> buffer(Shape{count, wide});
  T* const product = buffer.mutable_data();
  for (Index t = 0; t < r.length; ++t) {
    const T* const x = r.x + (first * r.length + t) * wide;
    const MatrixView<T> addend = cell == Cell::gru ? MatrixView<T>{r.bias, 0, 1} : MatrixView<T>{x, r.length * wide, 1};
    chosen<GemmKernels<T>>().product(count, wide, n,
                                     {row_before<T>(t, first, n, r.initial, to.y, rows), t == 0 ? n : rows * n, 1},
                                     {r.weight, wide, 1}, addend, product, wide);
    for (Index row = 0; row < count; ++row) {
      const Index b = first + row, place = b * r.length + t;
      step(f, {n, x + row * r.length * wide, product + row * wide, row_before<T>(t, b, n, r.initial, to.y, rows),
               cells ? row_before<T>(t, b, n, r.initial_cell, to.cells, r.length) : nullptr, to.kept + place * kept,
               cells ? to.cells + place * n : nullptr, to.y + (b * rows + t) * n});
    }
  }
  if (cells)
    for (Index b = first; b < first + count; ++b)
      std::copy_n(row_before<T>(r.length, b, n, r.initial_cell, to.cells, r.length), n,
                  to.y + (b * rows + r.length) * n);
}

template <class T>
void run_tile_back(Index first, Index count, Cell cell, const Recurrence<T>& r, const RecurrenceRun<const T>& ran,
                   const T* dy, const T* transposed_weight, const RecurrenceAdjoints<T>& d) {
  const auto& f = chosen<ElementwiseKernels<T>>();
  const auto back = cell == Cell::rnn   ? step_back_of_rnn<T>
                    : cell == Cell::gru ? step_back_of_gru<T>
                                        : step_back_of_lstm<T>;
  const bool cells = cell == Cell::lstm;
  const Index n = r.hidden, wide = gates_of(cell) * n, rows = r.length + more_of(cell), kept = kept_of(cell) * n;
  T* const dh = d.initial + first * n;
  std::fill_n(dh, count * n, T{0});
  if (cells)
    for (Index b = first; b < first + count; ++b)
      std::copy_n(dy + (b * rows + r.length) * n, n, d.initial_cell + b * n);
  for (Index t = r.length - 1; t >= 0; --t) {
    for (Index row = 0; row < count; ++row) {
      const Index b = first + row, place = b * r.length + t, in_y = (b * rows + t) * n;
      for (Index i = 0; i < n; ++i) dh[row * n + i] += dy[in_y + i];
      back(f, {n, ran.kept + place * kept, row_before(t, b, n, r.initial, ran.y, rows), ran.y + in_y,
               cells ? ran.cells + place * n : nullptr,
               cells ? row_before(t, b, n, r.initial_cell, ran.cells, r.length) : nullptr, dh + row * n,
               cells ? d.initial_cell + b * n : nullptr, d.x + place * wide, d.product + place * wide});
    }
    chosen<GemmKernels<T>>().product(count, n, wide, {d.product + (first * r.length + t) * wide, r.length * wide, 1},
                                     {transposed_weight, n, 1},
                                     cell == Cell::gru ? MatrixView<T>{dh, n, 1} : MatrixView<T>{}, dh, n);
  }
}

}  // namespace

template <class T>
void run(Cell cell, const Recurrence<T>& r, const RecurrenceRun<T>& to) {
  const Tiles tiles = tiles_of_sequences(r.batch);
  parallel_for(tiles.count(), work_of(cell, r), run_tile<T>, tiles.starts(), tiles.sizes(), cell, r, to);
}

template <class T>
void run_back(Cell cell, const Recurrence<T>& r, const RecurrenceRun<const T>& ran, const T* dy,
              const RecurrenceAdjoints<T>& d) {
  const Index wide = gates_of(cell) * r.hidden;
  Array<T> transposed(Shape{wide, r.hidden});
  if (transposed.size() > 0)
    strided_copy(transposed.shape(), r.weight, {1, wide}, transposed.mutable_data(), row_major(transposed.shape()));
  const Tiles tiles = tiles_of_sequences(r.batch);
  parallel_for(tiles.count(), work_of(cell, r), run_tile_back<T>, tiles.starts(), tiles.sizes(), cell, r, ran, dy,
               static_cast<const T*>(transposed.data()), d);
}

#define EBB_INSTANTIATE(T)                                                                    \
  template void run(Cell, const Recurrence<T>&, const RecurrenceRun<T>&);                     \
  template void run_back(Cell, const Recurrence<T>&, const RecurrenceRun<const T>&, const T*, \
                         const RecurrenceAdjoints<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
