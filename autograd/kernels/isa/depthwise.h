#pragma once

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// The sums of a convolution of each channel by itself, as autograd/kernels/convolution.h says: channels lie side by
/// side.
template <class T>
struct DepthwiseKernels {
  /// y[c] = bias[c] + the sum over n taps t of x[from[t] + c] weight[at[t] + c]. The bias may be null.
  void (*over_taps)(Index channels, Index n, const Index* from, const Index* at, const T* x, const T* weight,
                    const T* bias, T* y);
  /// sum[c] += the sum over n places p of x[p x_step + c] y[p y_step + c]
  void (*over_places)(Index channels, Index n, const T* x, Index x_step, const T* y, Index y_step, T* sum);

  template <Isa>
  static const DepthwiseKernels& on();
};

}  // namespace ebb::kernels
