#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/sorting.h"
#include "../autograd/scope.hpp"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// The indices of the first k elements, or of all, in order.
template <class T>
IntArray first_in_order(const char* op, const Tensor<T>& x, int axis, bool descending, std::optional<Index> k,
                        SourceLocation at) {
  return named(op, at, [&] {
    if (!x.defined()) throw Error("the input is undefined (an empty tensor or parameter)");
    const Index extent = x.extent(axis), count = k.value_or(extent);
    if (count < 0 || count > extent)
      throw Error(fmt::format("there are no {} elements along axis {} of {}", count, axis, to_string(x.shape())));
    IntArray indices(x.shape().with(axis, count));
    kernels::argsort(x.shape(), x.shape().normalized(axis), descending, count, x.data(), indices.mutable_data());
    return indices;
  });
}

}  // namespace

template <class T>
IntArray argsort(const Operand<T>& x, int axis, SortOptions options, SourceLocation at) {
  const NoRecording off;
  return first_in_order("argsort", x.tensor(at), axis, options.descending, {}, at);
}

template <class T>
Tensor<T> sort(const Operand<T>& x, int axis, SortOptions options, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return take_along_axis(from, first_in_order("sort", from, axis, options.descending, {}, at), axis, at);
}

template <class T>
TopK<T> top_k(const Operand<T>& x, Index k, int axis, TopKOptions options, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const IntArray indices = first_in_order("top_k", from, axis, !options.smallest, k, at);
  return {take_along_axis(from, indices, axis, at), indices};
}

#define EBB_INSTANTIATE(T)                                                        \
  template IntArray argsort(const Operand<T>&, int, SortOptions, SourceLocation); \
  template Tensor<T> sort(const Operand<T>&, int, SortOptions, SourceLocation);   \
  template TopK<T> top_k(const Operand<T>&, Index, int, TopKOptions, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
