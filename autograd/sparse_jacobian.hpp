#pragma once

#include "base/visibility.hpp"
#include "grad.hpp"

namespace ebb EBB_PUBLIC {

/// The places of a matrix where an element may differ from 0, in any order: element k stands in row rows[k], column
/// columns[k].
struct SparsityPattern {
  IntArray rows;
  IntArray columns;

  /// An n x n matrix with so many diagonals below and above the main one: by rows.
  static SparsityPattern banded(Index n, Index below, Index above);
  static SparsityPattern diagonal(Index n) { return banded(n, 0, 0); }
  /// Square blocks of this size along the diagonal: by rows.
  static SparsityPattern blocks(Index count, Index size);
};

/// The elements of the Jacobian dy/dx at the places of a known pattern, in its order: y and x are vectors, or stand for
/// their elements in row-major order. Rows that share no column are computed by one walk together (Curtis, Powell &
/// Reid 1974), or columns that share no row by two, whichever takes fewer: a banded Jacobian costs about as many walks
/// as it has diagonals, whatever its size. Throws Error if the Jacobian has elements beside the pattern: two more walks
/// compare a product with a random vector.
///
///     auto diagonals = ebb::sparse_jacobian(y, x, ebb::SparsityPattern::banded(n, 1, 1));
template <class T>
Tensor<T> sparse_jacobian(const Tensor<T>& y, const Operand<T>& x, const SparsityPattern& pattern);
/// The elements of the Hessian of a loss (one element) at the places of a known pattern, in the same way.
template <class T>
Tensor<T> sparse_hessian(const Tensor<T>& loss, const Operand<T>& x, const SparsityPattern& pattern);

}  // namespace ebb
