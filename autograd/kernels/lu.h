#pragma once

#include <cstdint>
#include <vector>

#include "../storage/shape.hpp"

// Raw loops of ops/solve.cpp and ops/determinant.cpp, over `batch` matrices [n, n]. Each is decomposed in double, by
// P A = L U with the largest element of a column as its pivot; a NaN or an infinity in A makes all of L and U NaN.
namespace ebb::kernels {

/// Replaces B, in x [n, columns], by the X with A X = B, or A^T X = B. Returns -1, or the number of the first column,
/// counted over the whole batch, in which there is no pivot but 0.
template <class T>
Index solve(Index batch, Index n, Index columns, bool transpose, const T* a, T* x);

/// order[i] = the number of the row of A that P moves to row i.
template <class T>
void pivots(Index batch, Index n, const T* a, std::int32_t* order);

/// packed = U, and below its diagonal L, of A as its rows stand: P is the identity.
template <class T>
void unpivoted_lu(Index batch, Index n, const T* a, T* packed);

/// fraction * 2^exponent, with a fraction of size 1/2 to 1, or 0, or NaN.
struct Scaled {
  double fraction;
  int exponent;
};
/// The determinants, which cannot overflow in this form.
template <class T>
std::vector<Scaled> determinants(Index batch, Index n, const T* a);

}  // namespace ebb::kernels
