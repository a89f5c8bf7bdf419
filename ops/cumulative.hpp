#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Along an axis.
namespace ebb EBB_PUBLIC {

/// Sums along an axis: y[i] = x[0] + ... + x[i].
template <class T>
Tensor<T> cumulative_sum(const Operand<T>& x, int axis, SourceLocation at = SourceLocation::current());
/// Products along an axis: y[i] = x[0] ... x[i]. Its derivatives are right where elements are 0, too. It takes log2(n)
/// passes over an axis of extent n.
template <class T>
Tensor<T> cumulative_product(const Operand<T>& x, int axis, SourceLocation at = SourceLocation::current());
/// The largest so far along an axis: y[i] = max(x[0], ..., x[i]), or NaN from the first NaN on. Of equal elements the
/// first gets the adjoint.
template <class T>
Tensor<T> cumulative_max(const Operand<T>& x, int axis, SourceLocation at = SourceLocation::current());

}  // namespace ebb
