#pragma once

#include <cmath>
#include <limits>

#include "lanes.hpp"

namespace ebb::kernels {

/// The largest of the allowed elements of a lane, -inf if there is none.
template <class T, class Stride, class Allowed>
T lane_max(Index n, Stride stride, const T* x, Allowed allowed) {
  T largest = -std::numeric_limits<T>::infinity();
  for (Index i = 0; i < n; ++i)
    if (allowed(i) && x[i * stride] > largest) largest = x[i * stride];
  return largest;
}

inline constexpr auto all_allowed = [](Index) { return true; };

/// y = e^x / sum(e^x) over the allowed elements of a lane, 0 for the others. x may be y.
/// The largest element is taken off first, so that nothing overflows and the sum is at least 1: it is 0 only where
/// nothing is allowed.
template <class T, class Stride, class Allowed>
void softmax_lane(Index n, Stride stride, const T* x, Allowed allowed, T* y) {
  const T largest = lane_max(n, stride, x, allowed);
  for (Index i = 0; i < n; ++i) y[i * stride] = allowed(i) ? std::exp(x[i * stride] - largest) : T{0};
  const double sum = lane_sum(n, [&](Index i) { return y[i * stride]; });
  const T scale = sum == 0 ? T{0} : static_cast<T>(1 / sum);
  for (Index i = 0; i < n; ++i) y[i * stride] *= scale;
}

}  // namespace ebb::kernels
