#pragma once

#include "../storage/shape.hpp"

// Euclidean norms, summed in double and in a fixed order; neither overflows nor underflows on the way.
namespace ebb::kernels {

template <class T>
double norm(Index n, const T* x);
/// |a - b|
template <class T>
double distance(Index n, const T* a, const T* b);

/// What clipping must know of a gradient.
struct GradientMeasure {
  double norm = 0;
  double held_norm = 0;  // with each element held within [-limit, limit]
  Index beyond = 0;      // how many elements lie outside
  Index not_finite = 0;  // how many are infinite or not a number; if any, the rest means nothing
};
/// All of that in one pass, unless the squares of the elements overflow or vanish.
template <class T>
GradientMeasure measure(Index n, const T* x, T limit);

}  // namespace ebb::kernels
