#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Masks, and what chooses by them. Also as operators: a < b, a > b, a <= b, a >= b. Comparisons with NaN are 0.
namespace ebb EBB_PUBLIC {

template <class T>
IntArray less(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
IntArray less_equal(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
IntArray equal(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
/// a where the mask is not 0, else b; all three broadcast. The side not taken gets the adjoint 0, which an infinite
/// derivative before it turns into NaN: for a logarithm where x > 0 write where(x > 0, log(where(x > 0, x, 1)), 0).
template <class T>
Tensor<T> where(const IntArray& mask, const Operand<T>& a, const Operand<T>& b,
                SourceLocation at = SourceLocation::current());
/// The smaller of the two; NaN if either is. Where they are equal, each gets half of the adjoint.
template <class T>
Tensor<T> minimum(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
/// The larger of the two; NaN if either is. Where they are equal, each gets half of the adjoint.
template <class T>
Tensor<T> maximum(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> minimum(const Operand<T>& a, double b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> maximum(const Operand<T>& a, double b, SourceLocation at = SourceLocation::current());
/// x held within [low, high]. At and beyond the bounds the derivative is 0.
template <class T>
Tensor<T> clamp(const Operand<T>& x, double low, double high, SourceLocation at = SourceLocation::current());

}  // namespace ebb
