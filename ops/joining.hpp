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

}  // namespace ebb
