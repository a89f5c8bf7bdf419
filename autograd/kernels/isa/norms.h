#pragma once

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// Sums over some numbers, each taken as it is, and each held within [-limit, limit].
struct SquareSums {
  double all = 0, held = 0;  // of the squares
  Index beyond = 0;          // the count of those that lie outside
};

template <class T>
struct NormKernels {
  SquareSums (*squares)(Index n, const T* x, T limit);
  bool (*all_finite)(Index n, const T* x);

  template <Isa>
  static const NormKernels& on();
};

}  // namespace ebb::kernels
