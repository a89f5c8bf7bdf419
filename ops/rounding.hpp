#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Steps, whose derivative is 0 everywhere: where it is not defined, too. They stand on the tape, and pass no gradient.
namespace ebb EBB_PUBLIC {

/// -1, 0 or 1; NaN for NaN.
template <class T>
Tensor<T> sign(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The largest whole number that is not above x.
template <class T>
Tensor<T> floor(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The smallest whole number that is not below x.
template <class T>
Tensor<T> ceil(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The nearest whole number; of two, the even one: round(2.5) is 2.
template <class T>
Tensor<T> round(const Operand<T>& x, SourceLocation at = SourceLocation::current());

}  // namespace ebb
