#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/strided_copy.h"
#include "../autograd/op.hpp"
#include "axes.h"
#include "families.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula reshape_formula{
    "y = x under another shape",
    {"dx = dy under the shape of x"},
    "Every number of the gradient passes as it is; only the shape goes back.",
};

template <class T>
void reshape_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, reshape(dy, d.shape(0)));
}

/// `asked`, with the extent that is -1 worked out so that it holds `size` elements.
Shape completed(const Shape& from, const Shape& asked) {
  int unknown = -1;
  for (int axis = 0; axis < asked.rank(); ++axis) {
    if (asked[axis] >= 0) continue;
    if (asked[axis] < -1 || unknown >= 0)
      throw Error(fmt::format("the shape {} is not one to reshape to: at most one extent may be -1, none below",
                              to_string(asked)));
    unknown = axis;
  }
  const Index known = (unknown < 0 ? asked : asked.with(unknown, 1)).size();
  const bool fits = unknown < 0 ? known == from.size() : known > 0 && from.size() % known == 0;
  if (!fits)
    throw Error(
        fmt::format("{} ({} elements) does not fit the shape {}", to_string(from), from.size(), to_string(asked)));
  return unknown < 0 ? asked : asked.with(unknown, from.size() / known);
}

template <class T>
Array<T> reshape_forward(Record<T>& r, Inputs<T> x) {
  return x[0].value().reshaped(completed(x[0].shape(), r.attributes.integers));
}

constexpr Formula squeeze_formula{
    "y = x without some axes of extent 1",
    {"dx = dy with those axes again"},
    "The gradient is the same, with the dropped axes put back.",
};

template <class T>
Array<T> squeeze_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  for (int axis : r.attributes.integers)
    if (shape.extent(axis) != 1)
      throw Error(fmt::format("axis {} of {} cannot be dropped: its extent is not 1", axis, to_string(shape)));
  return x[0].value().reshaped(without_axes(shape, r.attributes.integers));
}

constexpr Formula unsqueeze_formula{
    "y = x with one more axis, of extent 1",
    {"dx = dy without that axis"},
    "The gradient is the same, with the added axis taken away.",
};

template <class T>
Array<T> unsqueeze_forward(Record<T>& r, Inputs<T> x) {
  return x[0].value().reshaped(x[0].shape().inserted(static_cast<int>(r.attributes.integers[0]), 1));
}

constexpr Formula permute_formula{
    "y = x with its axes in another order",
    {"dx = dy with the axes back in order"},
    "Each number of the gradient moves back to where its element came from, and keeps its size.",
};

template <class T>
Array<T> permuted(const Array<T>& x, const Axes& order) {
  const kernels::Strides from = kernels::row_major(x.shape());
  kernels::Strides strides{};
  Shape shape;
  for (int axis = 0; axis < order.rank(); ++axis) {
    shape.push_back(x.shape()[static_cast<int>(order[axis])]);
    strides[to_size(axis)] = from[to_size(order[axis])];
  }
  Array<T> y(shape);
  kernels::strided_copy(shape, x.data(), strides, y.mutable_data(), kernels::row_major(shape));
  return y;
}

template <class T>
Array<T> permute_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  Axes& order = r.attributes.integers;
  if (named_axes(shape, order).count() != to_size(shape.rank()))
    throw Error(
        fmt::format("the axes {} are no order of those of {}: each must be named", to_string(order), to_string(shape)));
  for (int i = 0; i < order.rank(); ++i) order = order.with(i, shape.normalized(static_cast<int>(order[i])));
  return permuted(x[0].value(), order);
}

template <class T>
void permute_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Axes& order = r.attributes.integers;
  Axes inverse = order;
  for (int axis = 0; axis < order.rank(); ++axis) inverse = inverse.with(static_cast<int>(order[axis]), axis);
  if (d.needs(0)) d.add(0, permute(dy, inverse));
}

constexpr Formula transpose_formula{
    "y = x with two axes swapped",
    {"dx = dy with the two swapped back"},
    "The gradient is swapped back along the same two axes, neither larger nor smaller.",
};

template <class T>
Array<T> transpose_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const int a = shape.normalized(static_cast<int>(r.attributes.integers[0])),
            b = shape.normalized(static_cast<int>(r.attributes.integers[1]));
  Axes order;
  for (int axis = 0; axis < shape.rank(); ++axis) order.push_back(axis == a ? b : axis == b ? a : axis);
  return permuted(x[0].value(), order);
}

template <class T>
void transpose_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Axes& axes = r.attributes.integers;
  if (d.needs(0)) d.add(0, transpose(dy, static_cast<int>(axes[0]), static_cast<int>(axes[1])));
}

template <class T>
constexpr Op<T> reshape_op{"reshape", reshape_forward<T>, reshape_backward<T>, reshape_formula};
template <class T>
constexpr Op<T> squeeze_op{"squeeze", squeeze_forward<T>, reshape_backward<T>, squeeze_formula};
template <class T>
constexpr Op<T> unsqueeze_op{"unsqueeze", unsqueeze_forward<T>, reshape_backward<T>, unsqueeze_formula};
template <class T>
constexpr Op<T> permute_op{"permute", permute_forward<T>, permute_backward<T>, permute_formula};
template <class T>
constexpr Op<T> transpose_op{"transpose", transpose_forward<T>, transpose_backward<T>, transpose_formula};

}  // namespace

template <class T>
Tensor<T> reshape(const Operand<T>& x, const Shape& shape, SourceLocation at) {
  return apply(reshape_op<T>, {&x}, {.integers = shape}, at);
}

template <class T>
Tensor<T> squeeze(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  Axes axes;
  for (int axis = 0; axis < from.rank(); ++axis)
    if (from.extent(axis) == 1) axes.push_back(axis);
  return squeeze(from, axes, at);
}

template <class T>
Tensor<T> squeeze(const Operand<T>& x, const Axes& axes, SourceLocation at) {
  return apply(squeeze_op<T>, {&x}, {.integers = axes}, at);
}

template <class T>
Tensor<T> unsqueeze(const Operand<T>& x, int axis, SourceLocation at) {
  return apply(unsqueeze_op<T>, {&x}, {.integers = axis}, at);
}

template <class T>
Tensor<T> permute(const Operand<T>& x, const Axes& axes, SourceLocation at) {
  return apply(permute_op<T>, {&x}, {.integers = axes}, at);
}

template <class T>
Tensor<T> transpose(const Operand<T>& x, int a, int b, SourceLocation at) {
  return apply(transpose_op<T>, {&x}, {.integers = {a, b}}, at);
}

#define EBB_INSTANTIATE(T)                                                     \
  template Tensor<T> reshape(const Operand<T>&, const Shape&, SourceLocation); \
  template Tensor<T> squeeze(const Operand<T>&, SourceLocation);               \
  template Tensor<T> squeeze(const Operand<T>&, const Axes&, SourceLocation);  \
  template Tensor<T> unsqueeze(const Operand<T>&, int, SourceLocation);        \
  template Tensor<T> permute(const Operand<T>&, const Axes&, SourceLocation);  \
  template Tensor<T> transpose(const Operand<T>&, int, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

EBB_FAMILY(shape, &reshape_op<T>, &squeeze_op<T>, &unsqueeze_op<T>, &permute_op<T>, &transpose_op<T>)
