#pragma once

#include "../gemm.hpp"

namespace ebb::kernels {

/// The parts of the matrix product that differ between instruction sets.
template <class T>
struct GemmTable {
  Index rows, columns;  // of a tile of c
  Index block_rows;     // of c, in one unit of work
  Index depth;          // of a packed block
  /// Packs k rows of b into panels of `columns` columns.
  void (*pack_b)(Index n, Index k, MatrixView<T> b, T* packed);
  /// m rows of c from m of a and the packed b; `packed_a` is room for rows * k elements.
  void (*rows_times_b)(Index m, Index n, Index k, MatrixView<T> a, const T* packed_b, T* c, Index c_row_step,
                       bool accumulate, T* packed_a);
};

extern const GemmTable<float> gemm_float_baseline, gemm_float_avx2, gemm_float_avx512;
extern const GemmTable<double> gemm_double_baseline, gemm_double_avx2, gemm_double_avx512;

}  // namespace ebb::kernels
