#include "norms.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ebb::kernels {

namespace {

/// f(0) + f(1) + ... over eight running sums, so that the compiler can keep several of them in one register.
template <class F>
double sum(Index n, F f) {
  constexpr Index lanes = 8;
  std::array<double, lanes> lane{};
  Index i = 0;
  for (; i + lanes <= n; i += lanes)
    for (Index k = 0; k < lanes; ++k) lane[to_size(k)] += f(i + k);
  for (Index k = 0; i + k < n; ++k) lane[to_size(k)] += f(i + k);
  double total = 0;
  for (double part : lane) total += part;
  return total;
}

template <class F>
double root_of_squares(Index n, F f) {
  const double squares = sum(n, [f](Index i) { return f(i) * f(i); });
  if (std::isnormal(squares) || std::isnan(squares)) return std::sqrt(squares);
  // The squares overflowed or vanished: measured by the largest element, they cannot.
  double largest = 0;
  for (Index i = 0; i < n; ++i) largest = std::max(largest, std::abs(f(i)));
  if (largest == 0 || std::isinf(largest)) return largest;
  return largest * std::sqrt(sum(n, [f, largest](Index i) { return (f(i) / largest) * (f(i) / largest); }));
}

}  // namespace

template <class T>
double norm(Index n, const T* x) {
  return root_of_squares(n, [x](Index i) { return static_cast<double>(x[i]); });
}

template <class T>
double distance(Index n, const T* a, const T* b) {
  return root_of_squares(n, [a, b](Index i) { return static_cast<double>(a[i]) - static_cast<double>(b[i]); });
}

template <class T>
double clamped_norm(Index n, const T* x, T limit) {
  return root_of_squares(n, [x, limit](Index i) { return static_cast<double>(std::clamp(x[i], -limit, limit)); });
}

template <class T>
Index count_beyond(Index n, const T* x, T limit) {
  Index count = 0;
  for (Index i = 0; i < n; ++i) count += std::abs(x[i]) > limit;
  return count;
}

template <class T>
Index count_not_finite(Index n, const T* x) {
  Index count = 0;
  for (Index i = 0; i < n; ++i) count += !std::isfinite(x[i]);
  return count;
}

#define EBB_INSTANTIATE(T)                             \
  template double norm(Index, const T*);               \
  template double distance(Index, const T*, const T*); \
  template double clamped_norm(Index, const T*, T);    \
  template Index count_beyond(Index, const T*, T);     \
  template Index count_not_finite(Index, const T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
