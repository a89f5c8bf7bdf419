#pragma once

#include "../storage/shape.hpp"

// Raw loops of ops/linear_algebra.cpp, over `batch` matrices [n, n].
namespace ebb::kernels {

/// Replaces B, in x [n, columns], by the X with A X = B, or A^T X = B, where A is the lower or upper triangle of a.
template <class T>
void triangular_solve(Index batch, Index n, Index columns, bool upper, bool transpose, const T* a, T* x);

/// l = the lower triangular L with L L^T = (A + A^T) / 2, and 0 above the diagonal. Returns -1, or the number of the
/// first row, counted over the whole batch, whose pivot is not positive.
template <class T>
Index cholesky(Index batch, Index n, const T* a, T* l);

}  // namespace ebb::kernels
