#pragma once

#include <initializer_list>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// Joins tensors along an axis; their other extents must agree.
template <class T>
Tensor<T> concatenate(const std::vector<Tensor<T>>& parts, int axis, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> concatenate(std::initializer_list<Tensor<T>> parts, int axis, SourceLocation at = SourceLocation::current()) {
  return concatenate(std::vector<Tensor<T>>(parts), axis, at);
}
/// Joins tensors of one shape along a new axis.
template <class T>
Tensor<T> stack(const std::vector<Tensor<T>>& parts, int axis = 0, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> stack(std::initializer_list<Tensor<T>> parts, int axis = 0, SourceLocation at = SourceLocation::current()) {
  return stack(std::vector<Tensor<T>>(parts), axis, at);
}

/// All elements of some tensors, end to end, as one vector: the gradients of a list of parameters, say.
template <class T>
Tensor<T> ravel(const std::vector<Tensor<T>>& parts, SourceLocation at = SourceLocation::current());
/// The way back: a vector, cut into tensors of the shapes of `like`. Throws Error unless it has as many elements as
/// these together.
///
///     auto v = ravel(grad(loss, parameters));
///     parameters.set_values(unravel(ravel(parameters.values()) - 0.1 * v, parameters.values()));
template <class T>
std::vector<Tensor<T>> unravel(const Operand<T>& vector, const std::vector<Tensor<T>>& like,
                               SourceLocation at = SourceLocation::current());
/// Takes the shapes themselves. With `ravel`, an operation of one's own gives several results: it is recorded with one
/// vector of them all, which unravel() cuts, and gets its cotangent back as one, to be cut in the same way.
template <class T>
std::vector<Tensor<T>> unravel(const Operand<T>& vector, const std::vector<Shape>& shapes,
                               SourceLocation at = SourceLocation::current());

}  // namespace ebb
