#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// Softmax and its kin along the rows of [rows, n]. Each result may take the place of an operand.
template <class T>
struct SoftmaxKernels {
  /// y = e^x / sum(e^x)
  void (*softmax)(Index rows, Index n, T* y, const T* x);
  /// The softmax of one row over the elements whose mask is not 0; 0 for the others.
  void (*masked_softmax)(Index n, T* y, const T* x, const std::int32_t* mask);
  /// dx = y (dy - sum(dy y))
  void (*softmax_derivative)(Index rows, Index n, T* dx, const T* y, const T* dy);
  /// y = x - log(sum(e^x))
  void (*log_softmax)(Index rows, Index n, T* y, const T* x);
  /// dx = dy - e^y sum(dy)
  void (*log_softmax_derivative)(Index rows, Index n, T* dx, const T* y, const T* dy);

  /// -sum(t log(softmax(x))) of one row, with targets t = (1 - smoothing) onehot(label) + smoothing / n.
  double (*cross_entropy)(Index n, const T* x, Index label, double smoothing);
  /// dx = scale (softmax(x) - t)
  void (*cross_entropy_derivative)(Index n, T* dx, const T* x, Index label, double smoothing, T scale);

  template <Isa>
  static const SoftmaxKernels& on();
};

}  // namespace ebb::kernels
