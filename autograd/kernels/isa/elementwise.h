#pragma once

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// Functions of one number each, over n of them.
template <class T>
struct ElementwiseKernels {
  using Function = void(Index n, const T* x, T* y);
  /// dx = dy f'(x), from the saved input, or from the saved result where the derivative follows from it.
  using Derivative = void(Index n, const T* saved, const T* dy, T* dx);

  Function *negate, *exp, *expm1, *log, *log1p, *sqrt, *rsqrt, *abs;
  Function *sin, *cos, *tanh, *tanh_slope, *erf;
  Function *sigmoid, *softplus, *relu, *gelu, *gelu_tanh, *silu;
  void (*leaky_relu)(Index n, const T* x, T* y, T slope);
  void (*clamp)(Index n, const T* x, T* y, T low, T high);

  Derivative *tanh_derivative, *sigmoid_derivative, *square_derivative, *softplus_derivative, *relu_derivative;
  Derivative *gelu_derivative, *gelu_tanh_derivative, *silu_derivative;
  void (*leaky_relu_derivative)(Index n, const T* x, const T* dy, T* dx, T slope);

  template <Isa>
  static const ElementwiseKernels& on();
};

/// gelu, gelu_tanh and silu are x times a gate. Where |x| is beyond this bound the gate is 0 or 1 in any precision, and
/// is computed from the bound instead of x: else an infinite x would give 0 times infinity, and a large x would
/// overflow the cubic of gelu_tanh.
inline constexpr double gate_bound = 1000;

}  // namespace ebb::kernels
