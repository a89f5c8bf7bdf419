#pragma once

#include "../storage/shape.hpp"

// Raw loops of ops/normalization.cpp, over the rows of [rows, width]. Layer norm centres each row; RMS norm does not:
// its `mean` is 0.
namespace ebb::kernels {

/// n = (x - mean) inverse + shift with inverse = 1 / sqrt(mean((x - mean)^2) + epsilon), y = gain n + bias. The mean,
/// rounded to T, may be off by more than the elements are apart: the shift makes up for it, and is 0 where that does
/// not matter. A null gain is 1, and a null bias is 0. `scales`, [rows, 3], are left with mean, inverse and shift.
template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias,
               T* scales, T* y);

/// The arguments and the results of `normalize`, with the adjoint dy of y.
template <class T>
struct NormalizedRows {
  Index count, width;
  bool centred;
  const T *x, *gain, *scales, *dy;
};
/// dx = inverse (g - mean(g) - n mean(g n)) with g = dy gain; without mean(g) where the rows were not centred.
/// d_gain = the sum over rows of dy n, and d_bias = the sum over rows of dy. A null result is not computed.
template <class T>
void normalize_derivative(const NormalizedRows<T>& rows, T* dx, T* d_gain, T* d_bias);

}  // namespace ebb::kernels
