#include "lu.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "parallel.h"

namespace ebb::kernels {

namespace {

/// The decomposition of one matrix: U, and below its diagonal L.
struct Decomposition {
  Index n;
  std::vector<double> packed;
  std::vector<Index> order;  // of A's rows
  bool odd = false;          // whether the order takes an odd number of exchanges
  Index singular = -1;       // the first column without a pivot, or -1

  template <class T>
  Decomposition(Index extent, const T* a, bool pivoting = true) : n(extent), packed(a, a + n * n), order(to_size(n)) {
    std::iota(order.begin(), order.end(), Index{0});
    if (!std::all_of(packed.begin(), packed.end(), [](double x) { return std::isfinite(x); })) {
      std::fill(packed.begin(), packed.end(), std::numeric_limits<double>::quiet_NaN());
      return;
    }
    for (Index k = 0; k < n; ++k) {
      if (pivoting) exchange(k, largest_below(k));
      eliminate(k);
    }
  }

  double* row(Index i) { return packed.data() + i * n; }
  const double* row(Index i) const { return packed.data() + i * n; }
  double pivot(Index k) const { return row(k)[k]; }

  /// Solves L U X = X, in place, or (L U)^T X = X.
  void solve(Index columns, bool transpose, double* x) const {
    if (transpose) {
      for (Index i = 0; i < n; ++i) {
        divide(columns, x + i * columns, pivot(i));
        for (Index j = i + 1; j < n; ++j) subtract(columns, row(i)[j], x + i * columns, x + j * columns);
      }
      for (Index i = n - 1; i >= 0; --i)
        for (Index j = 0; j < i; ++j) subtract(columns, row(i)[j], x + i * columns, x + j * columns);
      return;
    }
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < i; ++j) subtract(columns, row(i)[j], x + j * columns, x + i * columns);
    for (Index i = n - 1; i >= 0; --i) {
      for (Index j = i + 1; j < n; ++j) subtract(columns, row(i)[j], x + j * columns, x + i * columns);
      divide(columns, x + i * columns, pivot(i));
    }
  }

 private:
  static void subtract(Index count, double factor, const double* from, double* to) {
    for (Index c = 0; c < count; ++c) to[c] -= factor * from[c];
  }
  static void divide(Index count, double* x, double by) {
    for (Index c = 0; c < count; ++c) x[c] /= by;
  }

  Index largest_below(Index k) const {
    Index best = k;
    for (Index i = k + 1; i < n; ++i)
      if (std::abs(row(i)[k]) > std::abs(row(best)[k])) best = i;
    return best;
  }

  void exchange(Index i, Index j) {
    if (i == j) return;
    std::swap_ranges(row(i), row(i) + n, row(j));
    std::swap(order[to_size(i)], order[to_size(j)]);
    odd = !odd;
  }

  void eliminate(Index k) {
    const double* const from = row(k);
    if (from[k] == 0 && singular < 0) singular = k;
    for (Index i = k + 1; i < n; ++i) {
      double* const to = row(i);
      if (to[k] == 0) continue;  // so that a column without a pivot leaves L's at 0
      to[k] /= from[k];
      subtract(n - k - 1, to[k], from + k + 1, to + k + 1);
    }
  }
};

template <class T>
void solve_one(Index n, Index columns, bool transpose, const T* a, T* x, Index* singular) {
  const Decomposition lu(n, a);
  *singular = lu.singular;
  if (lu.singular >= 0) return;
  std::vector<double> solution(to_size(n * columns));
  for (Index i = 0; i < n; ++i) {  // P B = L U X, and U^T L^T P X = B
    const Index moved = lu.order[to_size(i)];
    std::copy_n(x + (transpose ? i : moved) * columns, columns, solution.data() + i * columns);
  }
  lu.solve(columns, transpose, solution.data());
  for (Index i = 0; i < n; ++i) {
    const Index moved = lu.order[to_size(i)];
    std::transform(solution.data() + i * columns, solution.data() + (i + 1) * columns,
                   x + (transpose ? moved : i) * columns, [](double v) { return static_cast<T>(v); });
  }
}

template <class T>
void pivot_one(Index n, const T* a, std::int32_t* order) {
  const Decomposition lu(n, a);
  std::transform(lu.order.begin(), lu.order.end(), order, [](Index row) { return static_cast<std::int32_t>(row); });
}

template <class T>
void decompose_one(Index n, const T* a, T* packed) {
  const Decomposition lu(n, a, false);
  std::transform(lu.packed.begin(), lu.packed.end(), packed, [](double v) { return static_cast<T>(v); });
}

/// x as a fraction of size 1/2 to 1 and a power of two, on top of this one.
Scaled scaled(double x, int exponent) {
  if (!std::isfinite(x)) return {x, 0};
  int further = 0;
  const double fraction = std::frexp(x, &further);
  return {fraction, exponent + further};
}

template <class T>
void determinant_one(Index n, const T* a, Scaled* y) {
  const Decomposition lu(n, a);
  *y = scaled(lu.odd ? -1 : 1, 0);
  for (Index k = 0; k < n; ++k) *y = scaled(y->fraction * lu.pivot(k), y->exponent);
}

}  // namespace

template <class T>
Index solve(Index batch, Index n, Index columns, bool transpose, const T* a, T* x) {
  std::vector<Index> singular(to_size(batch), -1);
  parallel_for(batch, work_of_products(batch * n * n * (n + columns)), solve_one<T>, n, columns, transpose,
               Moving<const T>{a, n * n}, Moving<T>{x, n * columns}, Moving<Index>{singular.data(), 1});
  for (Index i = 0; i < batch; ++i)
    if (singular[to_size(i)] >= 0) return i * n + singular[to_size(i)];
  return -1;
}

template <class T>
void pivots(Index batch, Index n, const T* a, std::int32_t* order) {
  parallel_for(batch, work_of_products(batch * n * n * n), pivot_one<T>, n, Moving<const T>{a, n * n},
               Moving<std::int32_t>{order, n});
}

template <class T>
void unpivoted_lu(Index batch, Index n, const T* a, T* packed) {
  parallel_for(batch, work_of_products(batch * n * n * n), decompose_one<T>, n, Moving<const T>{a, n * n},
               Moving<T>{packed, n * n});
}

template <class T>
std::vector<Scaled> determinants(Index batch, Index n, const T* a) {
  std::vector<Scaled> y(to_size(batch));
  parallel_for(batch, work_of_products(batch * n * n * n), determinant_one<T>, n, Moving<const T>{a, n * n},
               Moving<Scaled>{y.data(), 1});
  return y;
}

#define EBB_INSTANTIATE(T)                                       \
  template Index solve(Index, Index, Index, bool, const T*, T*); \
  template void pivots(Index, Index, const T*, std::int32_t*);   \
  template void unpivoted_lu(Index, Index, const T*, T*);        \
  template std::vector<Scaled> determinants(Index, Index, const T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
