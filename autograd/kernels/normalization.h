#pragma once

#include "../storage/shape.hpp"

// Raw loops of ops/normalization.cpp, over the rows of [rows, width]. Layer norm centres each row; RMS norm does not,
// and takes its mean as 0 throughout.
namespace ebb::kernels {

/// n = (x - mean) inverse with inverse = 1 / sqrt(mean((x - mean)^2) + epsilon), y = gain n + bias.
/// A gain that is null is 1, a bias that is null 0. Leaves the rows' `mean` and `inverse`.
template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias, T* mean,
               T* inverse, T* y);

/// What `normalize` had and left, with the adjoint of its result.
template <class T>
struct NormalizedRows {
  Index rows, width;
  bool centred;
  const T *x, *gain, *mean, *inverse, *dy;
};
/// dx = inverse (g - mean(g) - n mean(g n)) with g = dy gain; without mean(g) where the rows were not centred.
/// d_gain = the sum over rows of dy n, d_bias that of dy. What is null is not asked for.
template <class T>
void normalize_derivative(const NormalizedRows<T>& at, T* dx, T* d_gain, T* d_bias);

}  // namespace ebb::kernels
