#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

struct MatmulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
};
/// The product of the last two axes, [..., m, k] x [..., k, n] -> [..., m, n]; the axes before broadcast. Either side
/// may be taken transposed, without a copy. Both need at least two axes.
template <class T>
Tensor<T> matmul(const Operand<T>& a, const Operand<T>& b, MatmulOptions options = {},
                 SourceLocation at = SourceLocation::current());
/// x W + b: x [..., rows, in], weight [in, out], bias [out] -> [..., rows, out].
template <class T>
Tensor<T> linear(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias,
                 SourceLocation at = SourceLocation::current());
/// x W
template <class T>
Tensor<T> linear(const Operand<T>& x, const Operand<T>& weight, SourceLocation at = SourceLocation::current());
/// The sum of the products of two vectors' elements: [n], [n] -> [].
template <class T>
Tensor<T> dot(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
/// The products of all pairs: [m], [n] -> [m, n].
template <class T>
Tensor<T> outer(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());

}  // namespace ebb
