#pragma once

#include "../../autograd/shape.hpp"

// Raw loops of ops/normalization.cpp, over the rows of [rows, width]. Layer norm centres each row; RMS norm does not,
// and takes its mean as 0 throughout. Sums along a row, and those over rows, run in double.
namespace ebb::kernels {

/// n = (x - mean) inverse with inverse = 1 / sqrt(mean((x - mean)^2) + epsilon), y = gain n + bias.
/// A gain that is null is 1, a bias that is null 0. Leaves the rows' `mean` and `inverse`.
template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias, T* mean,
               T* inverse, T* y);

/// dx = inverse (g - mean(g) - n mean(g n)) with g = dy gain; without mean(g) where the rows were not centred.
template <class T>
void normalize_derivative(Index rows, Index width, bool centred, const T* x, const T* gain, const T* mean,
                          const T* inverse, const T* dy, T* dx);
/// The sum over rows of dy n.
template <class T>
void normalize_gain_derivative(Index rows, Index width, const T* x, const T* mean, const T* inverse, const T* dy,
                               T* d_gain);

}  // namespace ebb::kernels
