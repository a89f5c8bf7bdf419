#include "gemm.h"

#include "map.h"
#include "transpose.h"

// The matrix product by tiles that registers hold (Goto & van de Geijn 2008, "Anatomy of high-performance matrix
// multiplication"). A panel of b, as wide as a tile, is packed and stays in the first cache while all rows of a pass;
// a is read where it lies, one number after the other, so that packing it would only cost.
namespace ebb::kernels {

namespace {

/// How many rows, and vectors of columns, of c one tile holds in registers.
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

/// The same matrix, from its element (i, j) on.
template <class T>
MatrixView<T> part(MatrixView<T> x, Index i, Index j) {
  if (x.data == nullptr) return x;
  return {x.data + i * x.row_step + j * x.column_step, x.row_step, x.column_step};
}

template <class T>
struct Gemm {
  using Batch = kernels::Batch<T>;
  static constexpr Index width = kernels::width<T>;
  static constexpr int rows = TileSize<Arch>::rows, vectors = TileSize<Arch>::vectors;
  static constexpr Index columns = vectors * width;
  static constexpr Index depth = 384;  // of a packed panel

  /// Packs k rows of b, n columns of at most a vector, the missing ones as zeros.
  static void pack_vector(Index k, Index n, MatrixView<T> b, T* packed) {
    Index p = 0;
    if (b.column_step == 1)
      for (; p < k; ++p) {
        const T* row = b.data + p * b.row_step;
        __builtin_prefetch(row + 16 * b.row_step);
        __builtin_prefetch(row + columns, 0, 2);  // of the next panel
        load<T>(n, row).store_aligned(packed + p * columns);
      }
    else if (n == width && b.row_step == 1)
      for (; p + width <= k; p += width) Transpose<T>::square(b.data + p, b.column_step, packed + p * columns, columns);
    for (; p < k; ++p) {
      Batch(T{0}).store_aligned(packed + p * columns);
      for (Index j = 0; j < n; ++j) packed[p * columns + j] = b.data[p * b.row_step + j * b.column_step];
    }
  }

  /// r rows and v vectors of columns. Rows of b are contiguous. Inlined, since a call costs as much as 16 steps of k.
  template <int r, int v>
  [[gnu::always_inline]] static void tile(Index k, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                                          Index c_row_step) {
    constexpr int quads = (r + 3) / 4;  // a pointer for four rows of a: one for each would not fit in the registers
    const T* quad[quads];
    Batch sum[r][v];
#pragma GCC unroll 16
    for (int i = 0; i < quads; ++i) quad[i] = a.data + 4 * i * a.row_step;
    T* to = c;
#pragma GCC unroll 16
    for (int i = 0; i < r; ++i, to += c_row_step)
#pragma GCC unroll 16
      for (int j = 0; j < v; ++j) {
        __builtin_prefetch(to + j * width, 1);  // else, when they are stored, the rows of a large c are waited for
        sum[i][j] = Batch(T{0});
      }
    for (Index p = 0; p < k; ++p, b.data += b.row_step) {
      Batch row[v];
#pragma GCC unroll 16
      for (int j = 0; j < v; ++j) row[j] = Batch::load_unaligned(b.data + j * width);
#pragma GCC unroll 16
      for (int i = 0; i < r; ++i) {
        const Batch factor(quad[i / 4][i % 4 * a.row_step]);
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
        for (int j = 0; j < v; ++j) sum[i][j] += Batch::load_unaligned(addend.data + j * width);
    to = c;
#pragma GCC unroll 16
    for (int i = 0; i < r; ++i, to += c_row_step)
#pragma GCC unroll 16
      for (int j = 0; j < v; ++j) sum[i][j].store_unaligned(to + j * width);
  }

  /// The first n columns of a tile.
  template <int r, int v>
  static void narrow_tile(Index k, Index n, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                          Index c_row_step) {
    alignas(64) T whole[r * columns];
    tile<r, v>(k, a, b, {}, whole, columns);
    for (Index i = 0; i < r; ++i)
      for (Index j = 0; j < n; j += width) {
        Batch y = Batch::load_aligned(whole + i * columns + j);
        if (addend.data != nullptr) y += load<T>(n - j, addend.data + i * addend.row_step + j);
        store<T>(n - j, y, c + i * c_row_step + j);
      }
  }

  /// All rows of c, by tiles of r rows and, for the rest, of fewer; n of v vectors of columns.
  template <int r, int v>
  static void panel(Index m, Index k, Index n, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                    Index c_row_step) {
    Index i = 0;
    for (; i + r <= m; i += r)
      if (n == v * width)
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
        if (b.column_step != 1 || wide % width != 0 || !stays_in_cache) {
          for (Index i = 0; i < wide; i += width)
            pack_vector(deep, wide - i < width ? wide - i : width, part(here, 0, i), packed + i);
          here = {packed, columns, 1};
        }
        const MatrixView<T> so_far = p == 0 ? part(addend, 0, j) : MatrixView<T>{c + j, c_row_step, 1};
        if (wide <= width)
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

EBB_DEFINE_FAMILY(GemmKernels, gemm_kernels)

}  // namespace ebb::kernels
