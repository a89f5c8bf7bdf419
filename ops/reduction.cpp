#include <fmt/format.h>

#include <utility>

#include "../autograd/error.hpp"
#include "../autograd/op.hpp"
#include "kernels/reduction.hpp"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

// Every reduction keeps its axes in attributes.integers, and in attributes.numbers[0] whether they stay, with extent 1.

/// The shape of x with extent 1 along the axes: what a reduction computes, and what broadcasts back to x.
Shape kept_shape(const Shape& x, const Axes& axes) {
  Shape kept = x;
  std::array<bool, Shape::max_rank> reduced{};
  for (Index given : axes) {
    const int axis = x.normalized(static_cast<int>(given));
    if (std::exchange(reduced[to_size(axis)], true))
      throw Error(fmt::format("the axes {} name axis {} of {} twice", to_string(axes), axis, to_string(x)));
    kept = kept.with(axis, 1);
  }
  return kept;
}

/// A value of kept_shape, as the caller wants it: without the reduced axes unless they were to be kept.
template <class T>
Array<T> finished(const Record<T>& r, const Shape& x, const Array<T>& y) {
  if (r.attributes.numbers[0] != 0) return y;
  std::array<bool, Shape::max_rank> reduced{};
  for (Index axis : r.attributes.integers) reduced[to_size(x.normalized(static_cast<int>(axis)))] = true;
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (!reduced[to_size(axis)]) shape.push_back(x[axis]);
  return y.reshaped(shape);
}

/// How many elements of x go into each of the result. Throws Error if there is a result to be had from none.
Index count_for_each(const Shape& x, const Shape& kept) {
  Index count = 1;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (kept[axis] == 1) count *= x[axis];
  if (count == 0 && kept.size() > 0) throw Error(fmt::format("there is nothing to reduce in shape {}", to_string(x)));
  return count;
}

/// A cotangent of the result, with the reduced axes in place, so that it broadcasts to x.
template <class T>
Tensor<T> with_kept_axes(const Record<T>& r, const Tensor<T>& dy, const Shape& x) {
  return reshape(dy, kept_shape(x, r.attributes.integers));
}

// y = sum_i x_i      dx_i = dy
template <class T>
Array<T> sum_forward(Record<T>& r, Inputs<T> x) {
  Array<T> y(kept_shape(x[0].shape(), r.attributes.integers));
  kernels::sum(x[0].shape(), x[0].data(), y.shape(), y.mutable_data());
  return finished(r, x[0].shape(), y);
}

template <class T>
void sum_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, expand(with_kept_axes(r, dy, d.shape(0)), d.shape(0)));
}

// y = 1/n sum_i x_i      dx_i = dy / n
template <class T>
Array<T> mean_forward(Record<T>& r, Inputs<T> x) {
  Array<T> y(kept_shape(x[0].shape(), r.attributes.integers));
  const Index n = count_for_each(x[0].shape(), y.shape());
  kernels::sum(x[0].shape(), x[0].data(), y.shape(), y.mutable_data(), 1 / static_cast<double>(n));
  return finished(r, x[0].shape(), y);
}

template <class T>
void mean_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T> kept = with_kept_axes(r, dy, d.shape(0));
  d.add(0, expand(kept / count_for_each(d.shape(0), kept.shape()), d.shape(0)));
}

template <class T>
constexpr Op<T> sum_op{"sum", sum_forward<T>, sum_backward<T>};
template <class T>
constexpr Op<T> mean_op{"mean", mean_forward<T>, mean_backward<T>};

template <class T>
Tensor<T> reduce(const Op<T>& op, const Operand<T>& x, const Axes& axes, bool keep, SourceLocation at) {
  return apply(op, {&x}, {.integers = axes, .numbers = {keep ? 1.0 : 0.0}}, at);
}

/// The same over all axes.
template <class T>
Tensor<T> reduce(const Op<T>& op, const Operand<T>& x, SourceLocation at) {
  Axes axes;
  const Tensor<T> from = x.tensor(at);
  for (int axis = 0; axis < from.rank(); ++axis) axes.push_back(axis);
  return reduce(op, from, axes, false, at);
}

}  // namespace

template <class T>
Tensor<T> sum(const Operand<T>& x, SourceLocation at) {
  return reduce(sum_op<T>, x, at);
}

template <class T>
Tensor<T> sum(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return reduce(sum_op<T>, x, axes, options.keep, at);
}

template <class T>
Tensor<T> mean(const Operand<T>& x, SourceLocation at) {
  return reduce(mean_op<T>, x, at);
}

template <class T>
Tensor<T> mean(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return reduce(mean_op<T>, x, axes, options.keep, at);
}

#define EBB_INSTANTIATE(T)                                                               \
  template Tensor<T> sum(const Operand<T>&, SourceLocation);                             \
  template Tensor<T> sum(const Operand<T>&, const Axes&, ReduceOptions, SourceLocation); \
  template Tensor<T> mean(const Operand<T>&, SourceLocation);                            \
  template Tensor<T> mean(const Operand<T>&, const Axes&, ReduceOptions, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
