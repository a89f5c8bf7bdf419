#include "../autograd/op.hpp"
#include "axes.h"
#include "new_array.h"
#include "ops.hpp"

// Products are made of `multiply`, pair by pair: so their derivatives are products of the other elements, without a
// division, in any order.
namespace ebb EBB_PUBLIC {

namespace {

/// x as a matrix, with a row for each result and the elements of the axes in its columns.
template <class T>
Tensor<T> rows_of(const Tensor<T>& x, const Axes& axes, SourceLocation at) {
  const Axes order = order_with_last(x.shape(), axes);
  const Tensor<T> sorted = order == all_axes(x.shape()) ? x : permute(x, order, at);
  const Index rows = kept_shape(x.shape(), axes).size();
  return reshape(sorted, {rows, x.size() / rows}, at);
}

}  // namespace

template <class T>
Tensor<T> prod(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Shape shape = named(
      "prod", at, [&] { return options.keep ? kept_shape(from.shape(), axes) : without_axes(from.shape(), axes); });
  if (from.size() == 0) return add(sum(from, axes, {.keep = options.keep}, at), T{1}, at);
  Tensor<T> y = rows_of(from, axes, at);
  while (y.extent(1) > 1) {
    const Index n = y.extent(1), half = n / 2;
    const Tensor<T> pairs = multiply(slice(y, 1, {0, half}, at), slice(y, 1, {half, 2 * half}, at), at);
    y = n % 2 == 0 ? pairs : concatenate({pairs, slice(y, 1, {2 * half, n}, at)}, 1, at);
  }
  return reshape(y, shape, at);
}

template <class T>
Tensor<T> prod(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return prod(from, all_axes(from.shape()), {}, at);
}

#define EBB_INSTANTIATE(T)                                    \
  template Tensor<T> prod(const Operand<T>&, SourceLocation); \
  template Tensor<T> prod(const Operand<T>&, const Axes&, ReduceOptions, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
