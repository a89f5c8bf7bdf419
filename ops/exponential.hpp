#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Element by element.
namespace ebb EBB_PUBLIC {

template <class T>
Tensor<T> exp(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// e^x - 1, precise near 0.
template <class T>
Tensor<T> expm1(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> log(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// log(1 + x), precise near 0.
template <class T>
Tensor<T> log1p(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> sqrt(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// sqrt(x), whose derivatives of any order are 0 at x = 0, instead of infinite or NaN: for distances that may be 0.
template <class T>
Tensor<T> safe_sqrt(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// 1 / sqrt(x)
template <class T>
Tensor<T> rsqrt(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// |x|. At the kink, x = 0, the derivative is 0.
template <class T>
Tensor<T> abs(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The logarithm to base 2.
template <class T>
Tensor<T> log2(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// log(e^a + e^b), without overflow. Where both are minus infinity, so is the result.
template <class T>
Tensor<T> logaddexp(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());

}  // namespace ebb
