#pragma once

#include "../gemm.hpp"
#include "isa.hpp"

namespace ebb::kernels {

/// The parts of the matrix product that differ between instruction sets.
template <class T>
struct GemmKernels {
  Index rows, columns;  // of a tile of c
  Index block_rows;     // of c, in one unit of work
  Index depth;          // of a packed block
  /// Packs k rows of b into panels of `columns` columns.
  void (*pack_b)(Index n, Index k, MatrixView<T> b, T* packed);
  /// m rows of c from m of a and the packed b; `packed_a` is room for rows * k elements.
  void (*rows_times_b)(Index m, Index n, Index k, MatrixView<T> a, const T* packed_b, T* c, Index c_row_step,
                       bool accumulate, T* packed_a);

  template <Isa>
  static const GemmKernels& on();
};

}  // namespace ebb::kernels
