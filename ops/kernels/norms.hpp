#pragma once

#include "../../autograd/shape.hpp"

// Euclidean norms, summed in double and in a fixed order; neither overflows nor underflows on the way.
namespace ebb::kernels {

template <class T>
double norm(Index n, const T* x);
/// |a - b|
template <class T>
double distance(Index n, const T* a, const T* b);
/// The norm of x with each element held within [-limit, limit].
template <class T>
double clamped_norm(Index n, const T* x, T limit);

/// How many elements lie outside [-limit, limit].
template <class T>
Index count_beyond(Index n, const T* x, T limit);
/// How many elements are infinite or not a number.
template <class T>
Index count_not_finite(Index n, const T* x);

}  // namespace ebb::kernels
