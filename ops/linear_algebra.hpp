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
/// ->
/// [...].
template <class T>
Tensor<T> log_determinant(const Operand<T>& a, SourceLocation at = SourceLocation::current());

}  // namespace ebb
