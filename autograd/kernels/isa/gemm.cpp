#include "gemm.h"

#include "map.h"
#include "transpose.h"

// The matrix product by tiles that registers hold (Goto & van de Geijn 2008, "Anatomy of high-performance matrix
// multiplication"). A panel of b, as wide as a tile, is packed, and stays in L1 while it is multiplied with all rows of
// a. The rows of a are read where they lie, one number at a time, so that packing them would gain nothing.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// The size of a tile of c, whose sums are held in registers: its rows, and its columns in vectors.
template <class A>
struct TileSize {
  static constexpr int rows = 6, vectors = 2;  // 12 of 16 registers
};
#ifdef __AVX512F__
template <>
struct TileSize<xsimd::avx512bw> {
  static constexpr int rows = 12, vectors = 2;  // 24 of 32
};
#endif

/// The part of a matrix that begins at its element (i, j).
template <class T>
MatrixView<T> part(MatrixView<T> x, Index i, Index j) {
  if (x.data == nullptr) return x;
  return {x.data + i * x.row_step + j * x.column_step, x.row_step, x.column_step};
}

template <class T>
struct Gemm {
  using Vector = EBB_ISA::Vector<T>;
  static constexpr Index lanes = EBB_ISA::lanes<T>;
  static constexpr int rows = TileSize<Arch>::rows, vectors = TileSize<Arch>::vectors;
  static constexpr Index columns = vectors * lanes;
  static constexpr Index depth = 384;  // of a packed panel

  /// Packs k rows of b that are n columns wide, at most a vector. Missing columns become zeros.
  static void pack_vector(Index k, Index n, MatrixView<T> b, T* packed) {
    Index p = 0;
    if (b.column_step == 1)
      for (; p < k; ++p) {
        const T* row = b.data + p * b.row_step;
        __builtin_prefetch(row + 16 * b.row_step);
        __builtin_prefetch(row + columns, 0, 2);  // of the next panel
        load<T>(n, row).store_aligned(packed + p * columns);
      }
    else if (n == lanes && b.row_step == 1)
      for (; p + lanes <= k; p += lanes) Transpose<T>::square(b.data + p, b.column_step, packed + p * columns, columns);
    for (; p < k; ++p) {
      Vector(T{0}).store_aligned(packed + p * columns);
      for (Index j = 0; j < n; ++j) packed[p * columns + j] = b.data[p * b.row_step + j * b.column_step];
    }
  }

  /// Multiplies for a tile of r rows and v vectors of columns. Rows of b are contiguous. It is inlined, since a call
  /// costs as much as 16 steps of k.
  template <int r, int v>
  [[gnu::always_inline]] static void tile(Index k, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                                          Index c_row_step) {
    constexpr int quads = (r + 3) / 4;  // four rows of a share a pointer: the registers do not suffice for one each
    const T* quad[quads];
    Vector sum[r][v];
#pragma GCC unroll 16
    for (int i = 0; i < quads; ++i) quad[i] = a.data + 4 * i * a.row_step;
    T* to = c;
#pragma GCC unroll 16
    for (int i = 0; i < r; ++i, to += c_row_step)
#pragma GCC unroll 16
      for (int j = 0; j < v; ++j) {
        __builtin_prefetch(to + j * lanes, 1);  // or the stores would wait for the rows of a large c
        sum[i][j] = Vector(T{0});
      }
    for (Index p = 0; p < k; ++p, b.data += b.row_step) {
      Vector row[v];
#pragma GCC unroll 16
      for (int j = 0; j < v; ++j) row[j] = Vector::load_unaligned(b.data + j * lanes);
#pragma GCC unroll 16
      for (int i = 0; i < r; ++i) {
        const Vector factor(quad[i / 4][i % 4 * a.row_step]);
#pragma GCC unroll 16
        for (int j = 0; j < v; ++j) sum[i][j] = fma<T>(factor, row[j], sum[i][j]);
      }
#pragma GCC unroll 16
      for (int i = 0; i < quads; ++i) quad[i] += a.column_step;
    }
    if (addend.data != nullptr)
#pragma GCC unroll 16
      for (int i = 0; i < r; ++i, addend.data += addend.row_step)
#pragma GCC unroll 16
        for (int j = 0; j < v; ++j) sum[i][j] += Vector::load_unaligned(addend.data + j * lanes);
    to = c;
#pragma GCC unroll 16
    for (int i = 0; i < r; ++i, to += c_row_step)
#pragma GCC unroll 16
      for (int j = 0; j < v; ++j) sum[i][j].store_unaligned(to + j * lanes);
  }

  /// Multiplies for the first n columns of a tile.
  template <int r, int v>
  static void narrow_tile(Index k, Index n, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                          Index c_row_step) {
    alignas(64) T whole[r * columns];
    tile<r, v>(k, a, b, {}, whole, columns);
    for (Index i = 0; i < r; ++i)
      for (Index j = 0; j < n; j += lanes) {
        Vector y = Vector::load_aligned(whole + i * columns + j);
        if (addend.data != nullptr) y += load<T>(n - j, addend.data + i * addend.row_step + j);
        store<T>(n - j, y, c + i * c_row_step + j);
      }
  }

  /// Multiplies for all rows of c and n columns, which are v vectors: by tiles of r rows, and of fewer for the rest.
  template <int r, int v>
  static void panel(Index m, Index k, Index n, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                    Index c_row_step) {
    Index i = 0;
    for (; i + r <= m; i += r)
      if (n == v * lanes)
        tile<r, v>(k, part(a, i, 0), b, part(addend, i, 0), c + i * c_row_step, c_row_step);
      else
        narrow_tile<r, v>(k, n, part(a, i, 0), b, part(addend, i, 0), c + i * c_row_step, c_row_step);
    if constexpr (r > 1)
      panel<(r > 4 ? (r - 1) / 4 * 4 : r / 2), v>(m - i, k, n, part(a, i, 0), b, part(addend, i, 0), c + i * c_row_step,
                                                  c_row_step);
  }

  static void product(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                      Index c_row_step) {
    alignas(64) T packed[depth * columns];
    for (Index p = 0; p == 0 || p < k; p += depth) {
      const Index deep = k - p < depth ? k - p : depth;
      for (Index j = 0; j < n; j += columns) {
        const Index wide = n - j < columns ? n - j : columns;
        MatrixView<T> here = part(b, p, j);
        const bool stays_in_cache = m <= 4 * rows || deep * b.row_step <= 4096;
        if (b.column_step != 1 || wide % lanes != 0 || !stays_in_cache) {
          for (Index i = 0; i < wide; i += lanes)
            pack_vector(deep, wide - i < lanes ? wide - i : lanes, part(here, 0, i), packed + i);
          here = {packed, columns, 1};
        }
        const MatrixView<T> so_far = p == 0 ? part(addend, 0, j) : MatrixView<T>{c + j, c_row_step, 1};
        if (wide <= lanes)
          panel<rows, 1>(m, deep, wide, part(a, 0, p), here, so_far, c + j, c_row_step);
        else
          panel<rows, vectors>(m, deep, wide, part(a, 0, p), here, so_far, c + j, c_row_step);
      }
    }
  }
};

template <class T>
constexpr GemmKernels<T> gemm_kernels{Gemm<T>::rows, Gemm<T>::columns, Gemm<T>::product};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(GemmKernels, EBB_ISA::gemm_kernels)

}  // namespace ebb::kernels
