#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// Gives x another shape: the elements and their row-major order stay. One extent may be -1, to be worked out.
template <class T>
Tensor<T> reshape(const Operand<T>& x, const Shape& shape, SourceLocation at = SourceLocation::current());
/// Axis i of the result is axis `axes[i]` of x.
template <class T>
Tensor<T> permute(const Operand<T>& x, const Axes& axes, SourceLocation at = SourceLocation::current());
/// Swaps two axes, the last two unless told otherwise.
template <class T>
Tensor<T> transpose(const Operand<T>& x, int a = -2, int b = -1, SourceLocation at = SourceLocation::current());
/// Drops these axes, which must have extent 1; without any given, all that have.
template <class T>
Tensor<T> squeeze(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> squeeze(const Operand<T>& x, const Axes& axes, SourceLocation at = SourceLocation::current());
/// Puts in an axis of extent 1, so that it is axis `axis` of the result.
template <class T>
Tensor<T> unsqueeze(const Operand<T>& x, int axis, SourceLocation at = SourceLocation::current());
/// x, repeated as often as `repeats` says along each axis (numpy.tile): x of shape [2, 3], repeated {1, 2} times, is
/// [2, 6]. Where `repeats` has more axes than x, these come first; where it has fewer, x's first axes stay as they are.
template <class T>
Tensor<T> tile(const Operand<T>& x, const Shape& repeats, SourceLocation at = SourceLocation::current());

}  // namespace ebb
