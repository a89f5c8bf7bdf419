#pragma once

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// Replaces each element outside of [-limit, limit] by the one of `fresh`, and returns how many still lie outside.
template <class T>
Index replace_beyond(Index n, T limit, const T* fresh, T* x);

/// Makes the rows (no more than `width`) orthonormal, keeping the span of the first k rows for each k.
void orthonormalize(Index rows, Index width, double* x);

/// y = gain x, or its transpose
template <class T>
void store_scaled(Index rows, Index columns, const double* x, double gain, bool transposed, T* y);

/// y[p, 2i] = sin(p / 10000^(2i / width))      y[p, 2i + 1] = cos of the same
template <class T>
void sinusoids(Index length, Index width, T* y);

}  // namespace ebb::kernels
