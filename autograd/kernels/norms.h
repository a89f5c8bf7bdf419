#pragma once

#include "../storage/shape.hpp"

// Euclidean norms, summed in double and in a fixed order; neither overflows nor underflows on the way.
namespace ebb::kernels {

/// |x|: NaN if an element is NaN, else infinite if one is.
template <class T>
double norm(Index n, const T* x);
/// Returns true if no element is infinite or NaN.
template <class T>
bool all_finite(Index n, const T* x);
/// |a - b|
template <class T>
double distance(Index n, const T* a, const T* b);

/// The measures of a gradient that decide on its clipping.
struct GradientMeasure {
  double norm = 0;
  double held_norm = 0;  // with each element held within [-limit, limit]
  Index beyond = 0;      // the number of elements outside
  Index not_finite = 0;  // the number of elements that are infinite or NaN; if there are any, the rest means nothing
};
/// Takes all measures in one pass, unless the squares of the elements overflow or vanish.
template <class T>
GradientMeasure measure(Index n, const T* x, T limit);

/// The norms of the columns of a matrix x, each over `rows` elements.
template <class T>
void column_norms(Index rows, Index columns, const T* x, double* norms);

}  // namespace ebb::kernels
