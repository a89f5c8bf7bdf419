#pragma once

#include <array>

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// Computes f(0) + ... + f(n - 1) in double, whatever type f has. Element i is added to partial sum i mod 8: an order
/// that depends on n alone, and that the compiler can vectorise.
template <class F>
double ordered_sum(Index n, F f) {
  std::array<double, 8> part{};
  Index i = 0;
  for (; i + 8 <= n; i += 8)
    for (Index k = 0; k < 8; ++k) part[to_size(k)] += static_cast<double>(f(i + k));
  for (Index k = 0; i + k < n; ++k) part[to_size(k)] += static_cast<double>(f(i + k));
  return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

}  // namespace ebb::kernels
