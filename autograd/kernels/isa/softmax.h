#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// The labels of the rows of logits; each row's weight in the mean (0 for a row to pass over, whose label may be
/// anything); and `smoothing`, the part of the target that is spread evenly over all classes.
template <class T>
struct LabelledRows {
  Index count, classes;
  const std::int32_t* labels;
  const T* weights;
  double smoothing;
};

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

  /// losses[row] = weight * -sum(t log(softmax(x))), with targets t = (1 - smoothing) onehot(label) + smoothing / n,
  /// for `count` rows from `first` on. The loss of a row of weight 0 is left as it is.
  void (*cross_entropy)(Index first, Index count, const LabelledRows<T>& rows, const T* x, double* losses);
  /// dx = dy * weight * (softmax(x) - t) for these rows.
  void (*cross_entropy_derivative)(Index first, Index count, const LabelledRows<T>& rows, const T* x, T dy, T* dx);

  template <Isa>
  static const SoftmaxKernels& on();
};

}  // namespace ebb::kernels
