#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Of matrices in the last two axes. Diagonal k starts k columns to the right of the first element, or -k rows below it.
namespace ebb EBB_PUBLIC {

/// The elements on and below diagonal k, and 0 above it.
template <class T>
Tensor<T> tril(const Operand<T>& x, Index k = 0, SourceLocation at = SourceLocation::current());
/// The elements on and above diagonal k, and 0 below it.
template <class T>
Tensor<T> triu(const Operand<T>& x, Index k = 0, SourceLocation at = SourceLocation::current());
/// The elements of diagonal k: [..., m, n] -> [..., length]. Throws Error for a diagonal outside of the matrix.
template <class T>
Tensor<T> diagonal(const Operand<T>& x, Index k = 0, SourceLocation at = SourceLocation::current());
/// The matrices with these elements on diagonal k, else 0: [..., n] -> [..., n + |k|, n + |k|].
template <class T>
Tensor<T> diag(const Operand<T>& x, Index k = 0, SourceLocation at = SourceLocation::current());

}  // namespace ebb
