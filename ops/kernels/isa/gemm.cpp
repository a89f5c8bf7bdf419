#include "gemm.hpp"

#include "batch.hpp"

// The packed matrix product (Goto & van de Geijn 2008, "Anatomy of high-performance matrix multiplication").
namespace ebb::kernels {

namespace {

/// How many rows, and vectors of columns, of c one tile holds in registers.
template <class A>
struct TileSize {
  static constexpr int rows = 4, vectors = 2;  // 8 of 16 registers
};
template <>
struct TileSize<xsimd::fma3<xsimd::avx2>> {
  static constexpr int rows = 6, vectors = 2;  // 12 of 16
};
template <>
struct TileSize<xsimd::avx512bw> {
  static constexpr int rows = 12, vectors = 2;  // 24 of 32
};

template <class T>
struct Gemm {
  using Batch = kernels::Batch<T>;
  static constexpr Index width = kernels::width<T>;
  static constexpr int rows = TileSize<Arch>::rows, vectors = TileSize<Arch>::vectors;
  static constexpr Index columns = vectors * width;
  static constexpr Index depth = 256;  // of a packed block: one panel of b and one of a stay in the first cache
  static constexpr Index block_rows = 10 * rows;  // one unit of work for a thread

  /// Packs `count` (at most `across`) lines of a matrix side by side, the missing ones as zeros: to[p * across + i].
  template <Index across>
  static void pack(Index k, Index count, const T* from, Index line_step, Index k_step, T* to) {
    for (Index p = 0; p < k; ++p) {
      for (Index i = 0; i < count; ++i) to[p * across + i] = from[p * k_step + i * line_step];
      for (Index i = count; i < across; ++i) to[p * across + i] = T{0};
    }
  }

  /// One tile of c, from a packed panel of a [k][rows] and one of b [k][columns].
  template <int used_vectors>
  static void tile(Index k, const T* a, const T* b, T* c, Index c_row_step, Index used_rows, Index used_columns,
                   bool accumulate) {
    Batch sum[rows][used_vectors];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 16
      for (int j = 0; j < used_vectors; ++j) sum[i][j] = Batch(T{0});
    for (Index p = 0; p < k; ++p, a += rows, b += columns) {
      Batch row[used_vectors];
#pragma GCC unroll 16
      for (int j = 0; j < used_vectors; ++j) row[j] = Batch::load_aligned(b + j * width);
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        const Batch factor(a[i]);
#pragma GCC unroll 16
        for (int j = 0; j < used_vectors; ++j) sum[i][j] = fma<T>(factor, row[j], sum[i][j]);
      }
    }
    alignas(64) T line[columns];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {  // unrolled whole: `sum` must stay in registers
      if (i >= used_rows) break;
      T* to = c + i * c_row_step;
      if (used_columns == used_vectors * width) {
#pragma GCC unroll 16
        for (int j = 0; j < used_vectors; ++j) {
          Batch y = sum[i][j];
          if (accumulate) y += Batch::load_unaligned(to + j * width);
          y.store_unaligned(to + j * width);
        }
      } else {
#pragma GCC unroll 16
        for (int j = 0; j < used_vectors; ++j) sum[i][j].store_aligned(line + j * width);
        for (Index j = 0; j < used_columns; ++j) to[j] = accumulate ? to[j] + line[j] : line[j];
      }
    }
  }

  /// Packs the columns of b, k rows deep, into panels.
  static void pack_b(Index n, Index k, MatrixView<T> b, T* packed) {
    for (Index j = 0; j < n; j += columns)
      pack<columns>(k, n - j < columns ? n - j : columns, b.data + j * b.column_step, b.column_step, b.row_step,
                    packed + j * k);
  }

  /// Rows of c, against all of the packed b. `packed_a` holds `rows * k` elements.
  static void rows_times_b(Index m, Index n, Index k, MatrixView<T> a, const T* packed_b, T* c, Index c_row_step,
                           bool accumulate, T* packed_a) {
    for (Index i = 0; i < m; i += rows) {
      const Index used_rows = m - i < rows ? m - i : rows;
      pack<rows>(k, used_rows, a.data + i * a.row_step, a.row_step, a.column_step, packed_a);
      for (Index j = 0; j < n; j += columns) {
        const Index used_columns = n - j < columns ? n - j : columns;
        T* to = c + i * c_row_step + j;
        if (used_columns <= width)
          tile<1>(k, packed_a, packed_b + j * k, to, c_row_step, used_rows, used_columns, accumulate);
        else
          tile<vectors>(k, packed_a, packed_b + j * k, to, c_row_step, used_rows, used_columns, accumulate);
      }
    }
  }
};

template <class T>
constexpr GemmKernels<T> gemm_kernels{Gemm<T>::rows,  Gemm<T>::columns, Gemm<T>::block_rows,
                                      Gemm<T>::depth, Gemm<T>::pack_b,  Gemm<T>::rows_times_b};

}  // namespace

EBB_DEFINE_FAMILY(GemmKernels, gemm_kernels)

}  // namespace ebb::kernels
