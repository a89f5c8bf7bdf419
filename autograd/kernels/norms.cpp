#include "norms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "isa/norms.h"
#include "ordered_sum.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

bool reliable(double squares) { return std::isnormal(squares); }

/// The root of f(0)^2 + f(1)^2 + ..., computed in units of the largest of them, so that no square overflows or
/// vanishes. NaN if one is NaN, else infinite if one is.
template <class F>
double scaled_norm(Index n, F f) {
  double largest = 0;
  for (Index i = 0; i < n; ++i) {
    const double size = std::abs(f(i));
    if (std::isnan(size)) return size;
    largest = std::max(largest, size);
  }
  if (largest == 0 || !std::isfinite(largest)) return largest;
  return largest * std::sqrt(ordered_sum(n, [f, largest](Index i) { return (f(i) / largest) * (f(i) / largest); }));
}

template <class T>
void squares_of_tile(Index n, const T* x, T limit, SquareSums* sums) {
  *sums = chosen<NormKernels<T>>().squares(n, x, limit);
}

template <class T>
void look_at_tile(Index n, const T* x, int* finite) {
  *finite = chosen<NormKernels<T>>().all_finite(n, x) ? 1 : 0;
}

/// In units of `unit`, the norm of the whole matrix, beside which squares that vanish do not count.
template <class T>
void norms_of_columns(Index count, Index rows, Index columns, const T* x, double unit, double* norms) {
  std::fill(norms, norms + count, 0.0);
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < count; ++k) {
      const double part = static_cast<double>(x[i * columns + k]) / unit;
      norms[k] += part * part;
    }
  for (Index k = 0; k < count; ++k) norms[k] = unit * std::sqrt(norms[k]);
}

/// The sums over each tile, maybe on several threads, are added up in order.
template <class T>
SquareSums squares(Index n, const T* x, T limit) {
  const Tiles tiles{n, 1 << 15};
  if (tiles.count() <= 1) return chosen<NormKernels<T>>().squares(n, x, limit);
  std::vector<SquareSums> sums(to_size(tiles.count()));
  parallel_for(tiles.count(), n, squares_of_tile<T>, tiles.sizes(), tiles.of(x), limit,
               Moving<SquareSums>{sums.data(), 1});
  SquareSums total;
  for (const SquareSums& tile : sums) {
    total.all += tile.all;
    total.held += tile.held;
    total.beyond += tile.beyond;
  }
  return total;
}

}  // namespace

template <class T>
double norm(Index n, const T* x) {
  const double sum = squares(n, x, std::numeric_limits<T>::infinity()).all;
  if (reliable(sum)) return std::sqrt(sum);
  return scaled_norm(n, [x](Index i) { return static_cast<double>(x[i]); });
}

template <class T>
bool all_finite(Index n, const T* x) {
  const Tiles tiles{n, 1 << 15};
  std::vector<int> finite(to_size(tiles.count()));
  parallel_for(tiles.count(), n, look_at_tile<T>, tiles.sizes(), tiles.of(x), Moving<int>{finite.data(), 1});
  return std::find(finite.begin(), finite.end(), 0) == finite.end();
}

template <class T>
double distance(Index n, const T* a, const T* b) {
  const auto difference = [a, b](Index i) { return static_cast<double>(a[i]) - static_cast<double>(b[i]); };
  const double sum = ordered_sum(n, [difference](Index i) { return difference(i) * difference(i); });
  return reliable(sum) ? std::sqrt(sum) : scaled_norm(n, difference);
}

template <class T>
GradientMeasure measure(Index n, const T* x, T limit) {
  const SquareSums sums = squares(n, x, limit);
  if (reliable(sums.all) && reliable(sums.held)) return {std::sqrt(sums.all), std::sqrt(sums.held), sums.beyond, 0};
  const double norm = scaled_norm(n, [x](Index i) { return static_cast<double>(x[i]); });
  const double held_norm =
      scaled_norm(n, [x, limit](Index i) { return static_cast<double>(std::clamp(x[i], -limit, limit)); });
  const Index not_finite = std::isfinite(sums.all) ? 0 : std::count_if(x, x + n, [](T v) { return !std::isfinite(v); });
  return {norm, held_norm, sums.beyond, not_finite};
}

template <class T>
void column_norms(Index rows, Index columns, const T* x, double* norms) {
  const double whole = norm(rows * columns, x);
  const Tiles tiles{columns, 64};
  parallel_for(tiles.count(), rows * columns, norms_of_columns<T>, tiles.sizes(), rows, columns, tiles.of(x),
               whole > 0 ? whole : 1.0, tiles.of(norms));
}

#define EBB_INSTANTIATE(T)                              \
  template double norm(Index, const T*);                \
  template bool all_finite(Index, const T*);            \
  template double distance(Index, const T*, const T*);  \
  template GradientMeasure measure(Index, const T*, T); \
  template void column_norms(Index, Index, const T*, double*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
