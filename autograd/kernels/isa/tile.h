#pragma once

#include "simd.h"

// Small dense tiles in a workspace, and the products of two of them. For the files under isa/ alone.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// The layout of a factor in a workspace: element (i, p) is at [i * step + p] (as rows), or at [p * step + i].
enum class Lies { as_rows, as_columns };

/// The part of a product that is computed for a block of rows: all columns from `column` on (a multiple of the number
/// of lanes), summed over [depth_begin, depth_end).
struct Part {
  Index column, depth_begin, depth_end;
};

template <class A>
struct ProductSize {
  static constexpr int rows = 4, vectors = 2;  // 8 of 16 registers hold sums
};
#ifdef EBB_X86_KERNELS
template <>
struct ProductSize<xsimd::fma3<xsimd::avx2>> {
  static constexpr int rows = 4, vectors = 3;  // 12 of 16
};
template <>
struct ProductSize<xsimd::avx512bw> {
  static constexpr int rows = 8, vectors = 2;  // 16 of 32
};
#endif

constexpr Index rounded_up(Index n, Index to) { return (n + to - 1) / to * to; }
constexpr Index smaller(Index a, Index b) { return a < b ? a : b; }
constexpr Index larger(Index a, Index b) { return a > b ? a : b; }

/// Products of tiles. Every row of b and c is aligned as vectors are. `a_step` is the distance between the rows (or the
/// columns) of a.
template <class T, Index a_step>
struct TileProduct {
  using Vector = EBB_ISA::Vector<T>;
  static constexpr Index lanes = EBB_ISA::lanes<T>;
  static constexpr int rows = ProductSize<Arch>::rows, vectors = ProductSize<Arch>::vectors;

  template <Lies a_lies, int used>
  static void block(Index depth, const T* a, const T* b, Index b_step, T* c, Index c_step, bool accumulate) {
    constexpr Index row_step = a_lies == Lies::as_rows ? a_step : 1, depth_step = a_lies == Lies::as_rows ? 1 : a_step;
    Vector sum[rows][used];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
      for (int j = 0; j < used; ++j)
        sum[i][j] = accumulate ? Vector::load_aligned(c + i * c_step + j * lanes) : Vector(T{0});
    for (Index p = 0; p < depth; ++p, a += depth_step, b += b_step) {
      Vector row[used];
#pragma GCC unroll 16
      for (int j = 0; j < used; ++j) row[j] = Vector::load_aligned(b + j * lanes);
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        const Vector factor(a[i * row_step]);
#pragma GCC unroll 16
        for (int j = 0; j < used; ++j) sum[i][j] = fma<T>(factor, row[j], sum[i][j]);
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
      for (int j = 0; j < used; ++j) sum[i][j].store_aligned(c + i * c_step + j * lanes);
  }

  /// c = a b, or c += a b: m rows (rounded up to whole blocks) and n columns (a multiple of the lanes), of which
  /// `part_of(row)` says for each block of rows what to compute.
  template <Lies a_lies, class PartOf>
  static void run(Index m, Index n, const T* a, const T* b, Index b_step, T* c, Index c_step, bool accumulate,
                  PartOf part_of) {
    for (Index i = 0; i < m; i += rows) {
      const Part part = part_of(i);
      const Index depth = larger(part.depth_end - part.depth_begin, 0);
      const T* a_block =
          a_lies == Lies::as_rows ? a + i * a_step + part.depth_begin : a + part.depth_begin * a_step + i;
      const T* b_block = b + part.depth_begin * b_step;
      T* c_block = c + i * c_step;
      Index j = part.column;
      for (; j + vectors * lanes <= n; j += vectors * lanes)
        block<a_lies, vectors>(depth, a_block, b_block + j, b_step, c_block + j, c_step, accumulate);
      if (vectors > 2 && j + 2 * lanes <= n) {
        block<a_lies, 2>(depth, a_block, b_block + j, b_step, c_block + j, c_step, accumulate);
        j += 2 * lanes;
      }
      if (j < n) block<a_lies, 1>(depth, a_block, b_block + j, b_step, c_block + j, c_step, accumulate);
    }
  }
};

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels
