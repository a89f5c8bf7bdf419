#pragma once

#include "../storage/shape.hpp"

// Raw loops of ops/determinant.cpp, over `batch` matrices [n, n].
namespace ebb::kernels {

/// A = R B C with diagonal R and C of powers of two that bring the largest elements of B's rows and columns near 1.
template <class T>
struct Equilibrated {
  T* rows;      // [n]: R
  T* columns;   // [n]: C
  T* cofactor;  // [n, n]: the cofactors of A over those of B
  T* shift;     // [n, n]: 1 at the pivots of B that are nearly 0, else 0: B + t shift is regular unless t is nearly 0
};
/// Returns the largest number of shifts in a matrix: how many ranks it lacks. The pivots are the largest elements of
/// all that is left, and nearly 0 below the root of T's epsilon.
template <class T>
Index equilibrate(Index batch, Index n, const T* a, Equilibrated<T> to);

}  // namespace ebb::kernels
