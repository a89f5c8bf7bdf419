#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// The shape that both broadcast to, as in NumPy. Throws Error if they do not.
Shape broadcast_shape(const Shape& a, const Shape& b);
/// Returns true if x broadcasts to this very shape.
bool broadcasts_to(const Shape& x, const Shape& shape);
/// Repeats x along the axes that it lacks or has with extent 1, until it has this shape.
template <class T>
Tensor<T> expand(const Operand<T>& x, const Shape& shape, SourceLocation at = SourceLocation::current());
/// Undoes `expand`: sums over the axes that broadcasting added or repeated. The one place where broadcasting is undone.
template <class T>
Tensor<T> sum_to(const Operand<T>& x, const Shape& shape, SourceLocation at = SourceLocation::current());

}  // namespace ebb
