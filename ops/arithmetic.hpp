#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Also as operators: a + b, a - b, a * b, a / b, -x.
namespace ebb EBB_PUBLIC {

template <class T>
Tensor<T> add(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> subtract(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> multiply(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> divide(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> negate(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x^p for a fixed exponent; NaN for a negative x unless p is whole.
template <class T>
Tensor<T> power(const Operand<T>& x, double exponent, SourceLocation at = SourceLocation::current());
/// a^b. Where a = 0 and b >= 0 the derivative with respect to b is 0 (and where both are 0, that with respect to a). A
/// negative base gives NaN unless b is whole, and its derivative with respect to b is NaN in any case.
template <class T>
Tensor<T> power(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> square(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// sqrt(a^2 + b^2), without overflow. Where both are 0, the derivatives are 0.
template <class T>
Tensor<T> hypot(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());

}  // namespace ebb
