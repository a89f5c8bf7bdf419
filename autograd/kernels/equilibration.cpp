#include "equilibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "parallel.h"

namespace ebb::kernels {

namespace {

/// The largest power of two that is at most x, but a normal number of T, as an exponent; 0 for 0.
template <class T>
int exponent_of(double x) {
  return x > 0 ? std::max(std::ilogb(x), std::numeric_limits<T>::min_exponent) : 0;
}

/// The matrix that is left after some steps of elimination by its largest elements, with the places that its rows and
/// columns had.
class CompletePivoting {
 public:
  CompletePivoting(Index n, std::vector<double> a) : n_(n), a_(std::move(a)), rows_(to_size(n)), columns_(to_size(n)) {
    std::iota(rows_.begin(), rows_.end(), Index{0});
    std::iota(columns_.begin(), columns_.end(), Index{0});
  }

  /// Puts a 1 in `shift` at each pivot that is less than `least` of the first. Returns how many there are.
  template <class T>
  Index mark_small(double least, T* shift) {
    double first = 0;
    for (Index k = 0; k < n_; ++k) {
      const double size = bring_largest_to(k);
      if (k == 0) first = size;
      if (size <= least * first) {
        for (Index i = k; i < n_; ++i) shift[rows_[to_size(i)] * n_ + columns_[to_size(i)]] = T{1};
        return n_ - k;
      }
      for (Index i = k + 1; i < n_; ++i) {
        const double factor = at(i, k) / at(k, k);
        for (Index j = k + 1; j < n_; ++j) at(i, j) -= factor * at(k, j);
      }
    }
    return 0;
  }

 private:
  double& at(Index i, Index j) { return a_[to_size(rows_[to_size(i)] * n_ + columns_[to_size(j)])]; }

  double bring_largest_to(Index k) {
    Index row = k, column = k;
    for (Index i = k; i < n_; ++i)
      for (Index j = k; j < n_; ++j)
        if (std::abs(at(i, j)) > std::abs(at(row, column))) row = i, column = j;
    std::swap(rows_[to_size(k)], rows_[to_size(row)]);
    std::swap(columns_[to_size(k)], columns_[to_size(column)]);
    return std::abs(at(k, k));
  }

  Index n_;
  std::vector<double> a_;
  std::vector<Index> rows_, columns_;
};

template <class T>
void equilibrate_one(Index n, const T* a, T* rows, T* columns, T* cofactor, T* shift, Index* lacking) {
  std::fill_n(rows, n, T{1});
  std::fill_n(columns, n, T{1});
  std::fill_n(cofactor, n * n, T{1});
  std::fill_n(shift, n * n, T{0});
  *lacking = 0;
  std::vector<double> b(a, a + n * n);
  if (!std::all_of(b.begin(), b.end(), [](double x) { return std::isfinite(x); })) return;
  std::vector<int> down(to_size(n)), across(to_size(n));  // the exponents of R and of C
  const auto scale = [&](Index first, Index step, Index stride, T* to, int* exponent) {
    double largest = 0;
    for (Index k = 0; k < n; ++k) largest = std::max(largest, std::abs(b[to_size(first * step + k * stride)]));
    exponent[first] = exponent_of<T>(largest);
    to[first] = static_cast<T>(std::ldexp(1.0, exponent[first]));
    for (Index k = 0; k < n; ++k) {
      double& x = b[to_size(first * step + k * stride)];
      x = std::ldexp(x, -exponent[first]);
    }
  };
  for (Index i = 0; i < n; ++i) scale(i, n, 1, rows, down.data());
  for (Index j = 0; j < n; ++j) scale(j, 1, n, columns, across.data());
  const int all = std::reduce(down.begin(), down.end()) + std::reduce(across.begin(), across.end());
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      cofactor[i * n + j] = static_cast<T>(std::ldexp(1.0, all - down[to_size(i)] - across[to_size(j)]));
  const double least = std::sqrt(static_cast<double>(std::numeric_limits<T>::epsilon()));
  *lacking = CompletePivoting(n, std::move(b)).mark_small(least, shift);
}

}  // namespace

template <class T>
Index equilibrate(Index batch, Index n, const T* a, Equilibrated<T> to) {
  std::vector<Index> lacking(to_size(batch), 0);
  parallel_for(batch, work_of_products(batch * n * n * n), equilibrate_one<T>, n, Moving<const T>{a, n * n},
               Moving<T>{to.rows, n}, Moving<T>{to.columns, n}, Moving<T>{to.cofactor, n * n},
               Moving<T>{to.shift, n * n}, Moving<Index>{lacking.data(), 1});
  return batch == 0 ? 0 : *std::max_element(lacking.begin(), lacking.end());
}

#define EBB_INSTANTIATE(T) template Index equilibrate(Index, Index, const T*, Equilibrated<T>);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
