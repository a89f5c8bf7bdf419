#pragma once

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// Layer norm and RMS norm of the rows of [rows, width], as autograd/kernels/normalization.h says.
template <class T>
struct NormalizationKernels {
  void (*normalize)(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias,
                    T* scales, T* y);
  void (*normalize_derivative)(Index rows, Index width, bool centred, const T* x, const T* gain, const T* scales,
                               const T* dy, T* dx);
  /// d_gain += the sum over rows of dy n      d_bias += the sum over rows of dy      (either may be null)
  void (*normalize_parameter_derivatives)(Index rows, Index width, const T* x, const T* scales, const T* dy, T* d_gain,
                                          T* d_bias);

  template <Isa>
  static const NormalizationKernels& on();
};

}  // namespace ebb::kernels
