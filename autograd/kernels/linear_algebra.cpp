#include "linear_algebra.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace ebb::kernels {

namespace {

/// Row by row from the side where the triangle is a point: each row is freed of the rows before it, then divided.
template <class T>
void solve_one(Index n, Index columns, bool upper, bool transpose, const T* a, T* x) {
  const Index down = transpose ? 1 : n, across = transpose ? n : 1;  // the strides of what stands left of X
  const bool from_the_top = upper == transpose;
  for (Index step = 0; step < n; ++step) {
    const Index i = from_the_top ? step : n - 1 - step;
    T* const row = x + i * columns;
    const Index first = from_the_top ? 0 : i + 1, last = from_the_top ? i : n;
    for (Index j = first; j < last; ++j) {
      const T factor = a[i * down + j * across];
      const T* const solved = x + j * columns;
      for (Index c = 0; c < columns; ++c) row[c] -= factor * solved[c];
    }
    const T pivot = a[i * (n + 1)];
    for (Index c = 0; c < columns; ++c) row[c] /= pivot;
  }
}

/// Writes the number of the first row whose pivot is not positive, or -1.
template <class T>
void decompose_one(Index n, const T* a, T* l, Index* failed) {
  *failed = -1;
  for (Index i = 0; i < n; ++i) {
    T* const row = l + i * n;
    std::fill_n(row, n, T{0});
    for (Index j = 0; j <= i; ++j) {
      const T* const above = l + j * n;
      double rest = static_cast<double>(a[i * n + j]) / 2 + static_cast<double>(a[j * n + i]) / 2;
      for (Index k = 0; k < j; ++k) rest -= static_cast<double>(row[k]) * static_cast<double>(above[k]);
      if (i != j) {
        row[j] = static_cast<T>(rest / static_cast<double>(above[j]));
      } else {
        if (!(rest > 0)) {
          *failed = i;
          return;
        }
        row[i] = static_cast<T>(std::sqrt(rest));
      }
    }
  }
}

}  // namespace

template <class T>
void triangular_solve(Index batch, Index n, Index columns, bool upper, bool transpose, const T* a, T* x) {
  parallel_for(batch, work_of_products(batch * n * n * columns), solve_one<T>, n, columns, upper, transpose,
               Moving<const T>{a, n * n}, Moving<T>{x, n * columns});
}

template <class T>
Index cholesky(Index batch, Index n, const T* a, T* l) {
  std::vector<Index> failed(to_size(batch), -1);
  parallel_for(batch, work_of_products(batch * n * n * n), decompose_one<T>, n, Moving<const T>{a, n * n},
               Moving<T>{l, n * n}, Moving<Index>{failed.data(), 1});
  for (Index b = 0; b < batch; ++b)
    if (failed[to_size(b)] >= 0) return b * n + failed[to_size(b)];
  return -1;
}

#define EBB_INSTANTIATE(T)                                                       \
  template void triangular_solve(Index, Index, Index, bool, bool, const T*, T*); \
  template Index cholesky(Index, Index, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
