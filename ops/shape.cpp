#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "axes.h"
#include "new_array.h"
#include "ops.hpp"
#include "shape.h"

namespace ebb {

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

Shape squeezed_shape(const Shape& x, const Axes& axes) {
  for (int axis : axes)
    if (x.extent(axis) != 1)
      throw Error(fmt::format("axis {} of {} cannot be dropped: its extent is not 1", axis, to_string(x)));
  return without_axes(x, axes);
}

Axes axes_of_one(const Shape& x) {
  Axes axes;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (x[axis] == 1) axes.push_back(axis);
  return axes;
}

Axes order_of(const Axes& axes, const Shape& x) {
  if (named_axes(x, axes).count() != to_size(x.rank()))
    throw Error(
        fmt::format("the axes {} are no order of those of {}: each must be named", to_string(axes), to_string(x)));
  Axes order;
  for (int axis : axes) order.push_back(x.normalized(axis));
  return order;
}

Axes order_with_swapped(const Shape& x, int a, int b) {
  Axes order = all_axes(x);
  const int first = x.normalized(a), second = x.normalized(b);
  return order.with(first, second).with(second, first);
}

}  // namespace ebb

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

/// The shape as the caller gave it: one extent may be -1.
struct ReshapeAttributes {
  Shape shape;
  static void visit(auto& self, auto&& field) { field("shape", self.shape); }
};

template <class T>
Array<T> reshape_forward(Record<T>& r, Inputs<T> x) {
  return x[0].value().reshaped(completed(x[0].shape(), r.attributes.template as<ReshapeAttributes>().shape));
}

constexpr Formula squeeze_formula{
    "y = x without some axes of extent 1",
    {"dx = dy with those axes again"},
    "The gradient is the same, with the dropped axes put back.",
};

/// The axes to drop.
struct SqueezeAttributes {
  Axes axes;
  static void visit(auto& self, auto&& field) { field("axes", self.axes); }
};

template <class T>
Array<T> squeeze_forward(Record<T>& r, Inputs<T> x) {
  return x[0].value().reshaped(squeezed_shape(x[0].shape(), r.attributes.template as<SqueezeAttributes>().axes));
}

constexpr Formula unsqueeze_formula{
    "y = x with one more axis, of extent 1",
    {"dx = dy without that axis"},
    "The gradient is the same, with the added axis taken away.",
};

/// The place of the new axis in the result.
struct UnsqueezeAttributes {
  int axis;
  static void visit(auto& self, auto&& field) { field("axis", self.axis); }
};

template <class T>
Array<T> unsqueeze_forward(Record<T>& r, Inputs<T> x) {
  return x[0].value().reshaped(x[0].shape().inserted(r.attributes.template as<UnsqueezeAttributes>().axis, 1));
}

constexpr Formula permute_formula{
    "y = x with its axes in another order",
    {"dx = dy with the axes back in order"},
    "Each number of the gradient moves back to where its element came from, and keeps its size.",
};

/// The axes of x in their new order.
struct PermuteAttributes {
  Axes axes;
  static void visit(auto& self, auto&& field) { field("axes", self.axes); }
};

template <class T>
Array<T> permute_forward(Record<T>& r, Inputs<T> x) {
  return permuted(x[0].value(), order_of(r.attributes.template as<PermuteAttributes>().axes, x[0].shape()));
}

template <class T>
void permute_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Axes order = order_of(r.attributes.template as<PermuteAttributes>().axes, dy.shape());
  if (d.needs(0)) d.add(0, permute(dy, inverse_order(order)));
}

constexpr Formula transpose_formula{
    "y = x with two axes swapped",
    {"dx = dy with the two swapped back"},
    "The gradient is swapped back along the same two axes, neither larger nor smaller.",
};

/// The two axes that are swapped.
struct TransposeAttributes {
  int a;
  int b;
  static void visit(auto& self, auto&& field) { field("a", self.a), field("b", self.b); }
};

template <class T>
Array<T> transpose_forward(Record<T>& r, Inputs<T> x) {
  const auto& [a, b] = r.attributes.template as<TransposeAttributes>();
  return permuted(x[0].value(), order_with_swapped(x[0].shape(), a, b));
}

template <class T>
void transpose_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto [a, b] = r.attributes.template as<TransposeAttributes>();
  if (d.needs(0)) d.add(0, transpose(dy, a, b));
}

}  // namespace

EBB_OP(reshape, reshape_forward<T>, reshape_backward<T>, reshape_formula,
       .attributes = default_attributes<ReshapeAttributes>)
EBB_OP(squeeze, squeeze_forward<T>, reshape_backward<T>, squeeze_formula,
       .attributes = default_attributes<SqueezeAttributes>)
EBB_OP(unsqueeze, unsqueeze_forward<T>, reshape_backward<T>, unsqueeze_formula,
       .attributes = default_attributes<UnsqueezeAttributes>)
EBB_OP(permute, permute_forward<T>, permute_backward<T>, permute_formula,
       .attributes = default_attributes<PermuteAttributes>)
EBB_OP(transpose, transpose_forward<T>, transpose_backward<T>, transpose_formula,
       .attributes = default_attributes<TransposeAttributes>)

template <class T>
Tensor<T> reshape(const Operand<T>& x, const Shape& shape, SourceLocation at) {
  return apply(Ops<T>::reshape, {&x}, ReshapeAttributes{shape}, at);
}

template <class T>
Tensor<T> squeeze(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return squeeze(from, axes_of_one(from.shape()), at);
}

template <class T>
Tensor<T> squeeze(const Operand<T>& x, const Axes& axes, SourceLocation at) {
  return apply(Ops<T>::squeeze, {&x}, SqueezeAttributes{axes}, at);
}

template <class T>
Tensor<T> unsqueeze(const Operand<T>& x, int axis, SourceLocation at) {
  return apply(Ops<T>::unsqueeze, {&x}, UnsqueezeAttributes{axis}, at);
}

template <class T>
Tensor<T> permute(const Operand<T>& x, const Axes& axes, SourceLocation at) {
  return apply(Ops<T>::permute, {&x}, PermuteAttributes{axes}, at);
}

template <class T>
Tensor<T> transpose(const Operand<T>& x, int a, int b, SourceLocation at) {
  return apply(Ops<T>::transpose, {&x}, TransposeAttributes{a, b}, at);
}

template <class T>
Tensor<T> tile(const Operand<T>& x, const Shape& repeats, SourceLocation at) {
  Tensor<T> y = x.tensor(at);
  for (const Index times : repeats)
    if (times < 0) throw error_in("tile", fmt::format("x cannot be repeated {} times", to_string(repeats)), at);
  while (y.rank() < repeats.rank()) y = unsqueeze(y, 0, at);
  for (int axis = 1; axis <= repeats.rank(); ++axis) {
    const Index times = repeats.extent(-axis), extent = y.extent(-axis);
    if (times == 1) continue;
    IntArray indices = named("tile", at, [&] { return IntArray(Shape{times * extent}); });
    for (Index i = 0; i < indices.size(); ++i) indices.mutable_data()[i] = static_cast<std::int32_t>(i % extent);
    y = gather(y, indices, -axis, at);
  }
  return y;
}

#define EBB_INSTANTIATE(T)                                                     \
  template Tensor<T> reshape(const Operand<T>&, const Shape&, SourceLocation); \
  template Tensor<T> squeeze(const Operand<T>&, SourceLocation);               \
  template Tensor<T> squeeze(const Operand<T>&, const Axes&, SourceLocation);  \
  template Tensor<T> unsqueeze(const Operand<T>&, int, SourceLocation);        \
  template Tensor<T> tile(const Operand<T>&, const Shape&, SourceLocation);    \
  template Tensor<T> permute(const Operand<T>&, const Axes&, SourceLocation);  \
  template Tensor<T> transpose(const Operand<T>&, int, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
