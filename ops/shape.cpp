#include <fmt/format.h>

#include <utility>

#include "../autograd/error.hpp"
#include "../autograd/op.hpp"
#include "kernels/strided_copy.hpp"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

// y = x, under another shape      dx = dy, under that of x
template <class T>
void reshape_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, reshape(dy, d.shape(0)));
}

/// `asked`, with the extent that is -1 worked out so that it holds `size` elements.
Shape completed(const Shape& from, const Shape& asked) {
  int unknown = -1;
  Index known = 1;
  for (int axis = 0; axis < asked.rank(); ++axis) {
    if (asked[axis] >= 0) {
      known *= asked[axis];
    } else if (asked[axis] < -1 || unknown >= 0) {
      throw Error(fmt::format("the shape {} is not one to reshape to: at most one extent may be -1, none below",
                              to_string(asked)));
    } else {
      unknown = axis;
    }
  }
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

// y[i, j, ...] = x, with the axes in another order      dx = dy, with the axes back in order
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
  const Axes given = r.attributes.integers;
  std::array<bool, Shape::max_rank> used{};
  bool each_once = given.rank() == x[0].rank();
  for (int i = 0; i < given.rank() && each_once; ++i) {
    const int axis = x[0].shape().normalized(static_cast<int>(given[i]));
    each_once = !std::exchange(used[to_size(axis)], true);
    r.attributes.integers = r.attributes.integers.with(i, axis);
  }
  if (!each_once)
    throw Error(fmt::format("the axes {} are no order of those of {}: each must be named once", to_string(given),
                            to_string(x[0].shape())));
  return permuted(x[0].value(), r.attributes.integers);
}

template <class T>
void permute_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Axes& order = r.attributes.integers;
  Axes inverse = order;
  for (int axis = 0; axis < order.rank(); ++axis) inverse = inverse.with(static_cast<int>(order[axis]), axis);
  if (d.needs(0)) d.add(0, permute(dy, inverse));
}

// y[.., j, .., i, ..] = x[.., i, .., j, ..]      dx[.., i, .., j, ..] = dy[.., j, .., i, ..]
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
constexpr Op<T> reshape_op{"reshape", reshape_forward<T>, reshape_backward<T>};
template <class T>
constexpr Op<T> permute_op{"permute", permute_forward<T>, permute_backward<T>};
template <class T>
constexpr Op<T> transpose_op{"transpose", transpose_forward<T>, transpose_backward<T>};

}  // namespace

template <class T>
Tensor<T> reshape(const Operand<T>& x, const Shape& shape, SourceLocation at) {
  return apply(reshape_op<T>, {&x}, {.integers = shape}, at);
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
  template Tensor<T> permute(const Operand<T>&, const Axes&, SourceLocation);  \
  template Tensor<T> transpose(const Operand<T>&, int, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
