#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Along an axis. NaN counts as larger than all numbers, and equal elements keep their order.
namespace ebb EBB_PUBLIC {

struct SortOptions {
  bool descending = false;  ///< From the largest to the smallest.
};
/// The indices of the elements in ascending order: take_along_axis(x, argsort(x, axis), axis) is sort(x, axis).
template <class T>
IntArray argsort(const Operand<T>& x, int axis = -1, SortOptions options = {},
                 SourceLocation at = SourceLocation::current());
/// The elements in ascending order. The adjoint of each goes to its place in x.
template <class T>
Tensor<T> sort(const Operand<T>& x, int axis = -1, SortOptions options = {},
               SourceLocation at = SourceLocation::current());

template <class T>
struct TopK {
  Tensor<T> values;
  IntArray indices;
};
struct TopKOptions {
  bool smallest = false;  ///< The smallest, in ascending order.
};
/// The k largest elements along an axis, in descending order, and their indices. The adjoint of each goes to its place
/// in x. Throws Error for more than there are.
template <class T>
TopK<T> top_k(const Operand<T>& x, Index k, int axis = -1, TopKOptions options = {},
              SourceLocation at = SourceLocation::current());

}  // namespace ebb
