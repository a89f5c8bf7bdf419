#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Of matrices in the last two axes; the axes before are a batch.
namespace ebb EBB_PUBLIC {

struct TriangularSolveOptions {
  bool upper = false;      ///< A is what stands on and above the diagonal, instead of on and below it.
  bool transpose = false;  ///< Solves A^T X = B.
};
/// X with A X = B, for a triangular A: a [..., n, n], b [..., n, columns] -> [..., n, columns]; the axes before
/// broadcast. The other triangle of `a` is not looked at. Throws Error for a 0 on the diagonal.
template <class T>
Tensor<T> triangular_solve(const Operand<T>& a, const Operand<T>& b, TriangularSolveOptions options = {},
                           SourceLocation at = SourceLocation::current());
/// The lower triangular L with L L^T = A, for a symmetric, positive definite A: [..., n, n]. It is that of (A + A^T) /
/// 2, so that the gradient is symmetric. Throws Error where that is not positive definite (derivative: Murray 2016,
/// "Differentiation of the Cholesky decomposition").
template <class T>
Tensor<T> cholesky(const Operand<T>& a, SourceLocation at = SourceLocation::current());
/// log(det(A)) of a symmetric, positive definite A, through its Cholesky decomposition, without overflow: [..., n, n]
/// -> [...]. For any other A: log_abs_determinant.
template <class T>
Tensor<T> log_determinant(const Operand<T>& a, SourceLocation at = SourceLocation::current());

struct SolveOptions {
  bool transpose = false;  ///< Solves A^T X = B.
};
/// X with A X = B, for any square A that is not singular: a [..., n, n], b [..., n, columns] -> [..., n, columns]; the
/// axes before broadcast. b of shape [n], or of a's shape without its last axis, is a vector for each matrix, and so is
/// the result: the steps of Newton's method for a batch are solve(jacobians, values). By LU decomposition with partial
/// pivoting, in double. Throws Error, with the matrix and the column, where all pivots to choose from are exactly 0;
/// from a matrix that holds a NaN or an infinity come NaNs. A symmetric, positive definite A takes half the work by
/// cholesky and triangular_solve.
template <class T>
Tensor<T> solve(const Operand<T>& a, const Operand<T>& b, SolveOptions options = {},
                SourceLocation at = SourceLocation::current());
/// A^-1, [..., n, n]; refuses what solve() refuses. To multiply by it once, solve(a, b) is faster and more precise.
template <class T>
Tensor<T> inverse(const Operand<T>& a, SourceLocation at = SourceLocation::current());

template <class T>
struct LU {
  IntArray permutation;  ///< [..., n]: row i of L U is row permutation[i] of A.
  Tensor<T> l;           ///< [..., n, n]: lower triangular, with ones on its diagonal.
  Tensor<T> u;           ///< [..., n, n]: upper triangular.
};
/// The LU decomposition of A with partial pivoting, [..., n, n]: each pivot is the largest that is left in its column.
/// A singular A has a 0 on the diagonal of U, and then no derivative: a walk throws Error there. NaNs as in solve().
template <class T>
LU<T> lu(const Operand<T>& a, SourceLocation at = SourceLocation::current());

/// det(A): [..., n, n] -> [...], 0 for a singular A, 1 for n = 0, NaN if A holds a NaN or an infinity. Its derivatives,
/// of any order, are right for a singular A too, whatever its rank. It may overflow, or vanish; the logarithm does not.
template <class T>
Tensor<T> determinant(const Operand<T>& a, SourceLocation at = SourceLocation::current());
/// log(|det(A)|), without overflow: [..., n, n] -> [...]. Minus infinity for a singular A, where there is no
/// derivative: a walk throws Error there. NaN if A holds a NaN or an infinity.
template <class T>
Tensor<T> log_abs_determinant(const Operand<T>& a, SourceLocation at = SourceLocation::current());
/// The sign of det(A), as a constant: 1 or -1, 0 for a singular A, NaN if A holds a NaN or an infinity: [..., n, n] ->
/// [...].
template <class T>
Tensor<T> determinant_sign(const Operand<T>& a, SourceLocation at = SourceLocation::current());

}  // namespace ebb
