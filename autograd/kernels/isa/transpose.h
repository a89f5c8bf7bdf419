#pragma once

#include <utility>

#include "simd.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// Transposes squares of as many rows as a vector has lanes: every step swaps, between two rows, the lanes that differ
/// in one bit.
template <class T>
struct Transpose {
  using Register = typename Vector<T>::register_type;
  static constexpr int lanes = static_cast<int>(EBB_ISA::lanes<T>);

  template <int bit, int... lane>
  static void swap_lanes(Register& a, Register& b, std::integer_sequence<int, lane...>) {
    const Register low = __builtin_shufflevector(a, b, ((lane & bit) != 0 ? lanes + lane - bit : lane)...);
    b = __builtin_shufflevector(a, b, ((lane & bit) != 0 ? lanes + lane : lane + bit)...);
    a = low;
  }

  template <int bit>
  static void step(Register (&rows)[lanes]) {
    if constexpr (bit < lanes) {
#pragma GCC unroll 16
      for (int r = 0; r < lanes; ++r)
        if ((r & bit) == 0) swap_lanes<bit>(rows[r], rows[r + bit], std::make_integer_sequence<int, lanes>());
      step<2 * bit>(rows);
    }
  }

  /// to[j * to_step + i] = from[i * from_step + j] for one square. Rows of `to` are aligned as vectors are.
  static void square(const T* from, Index from_step, T* to, Index to_step) {
    Register rows[lanes];
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) rows[r] = Vector<T>::load_unaligned(from + r * from_step);
    step<1>(rows);
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) Vector<T>(rows[r]).store_aligned(to + r * to_step);
  }

  /// Transposes m rows of n elements, both multiples of the number of lanes.
  static void run(Index m, Index n, const T* from, Index from_step, T* to, Index to_step) {
    for (Index i = 0; i < m; i += lanes)
      for (Index j = 0; j < n; j += lanes) square(from + i * from_step + j, from_step, to + j * to_step + i, to_step);
  }
};

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels
