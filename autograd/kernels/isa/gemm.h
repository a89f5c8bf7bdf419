#pragma once

#include "../gemm.h"
#include "isa.h"

namespace ebb::kernels {

/// The parts of the matrix product that differ between instruction sets.
template <class T>
struct GemmKernels {
  Index rows, columns;  // of a tile of c, which is what registers hold
  /// c = a b + addend, on one thread; rows of the addend, which may be c itself, are contiguous; without data it is
  /// zero.
  void (*product)(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, MatrixView<T> addend, T* c,
                  Index c_row_step);

  template <Isa>
  static const GemmKernels& on();
};

}  // namespace ebb::kernels
