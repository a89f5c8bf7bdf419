#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Element by element.
namespace ebb EBB_PUBLIC {

template <class T>
Tensor<T> sin(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> cos(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> tanh(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.
template <class T>
Tensor<T> erf(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> tan(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The angle in [-pi/2, pi/2] of this sine; NaN beyond [-1, 1], at whose ends the derivative is infinite.
template <class T>
Tensor<T> asin(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The angle in [0, pi] of this cosine; NaN beyond [-1, 1], at whose ends the derivative is minus infinity.
template <class T>
Tensor<T> acos(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The angle in [-pi/2, pi/2] of this tangent.
template <class T>
Tensor<T> atan(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The angle in [-pi, pi] of the point (x, y). At (0, 0) the derivatives are 0.
template <class T>
Tensor<T> atan2(const Operand<T>& y, const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> sinh(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> cosh(const Operand<T>& x, SourceLocation at = SourceLocation::current());

}  // namespace ebb
