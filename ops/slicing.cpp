#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/strided_copy.h"
#include "../autograd/op.hpp"
#include "axes.h"
#include "families.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

int axis_of(const Attributes& attributes, const Shape& x) {
  return x.normalized(static_cast<int>(attributes.integers[0]));
}

/// Copies `part`, seen under a shape of y's rank, into y: its indices along the axis go to first, first + step, ...
template <class T>
void place(const Array<T>& part, const Shape& shape, Array<T>& y, int axis, Index first, Index step = 1) {
  if (part.size() == 0) return;
  const kernels::Strides whole = kernels::row_major(y.shape());
  kernels::Strides strides = whole;
  strides[to_size(axis)] *= step;
  kernels::strided_copy(shape, part.data(), kernels::row_major(shape), y.mutable_data() + first * whole[to_size(axis)],
                        strides);
}

/// The indices that a slice takes from an axis: first, first + step, ..., `count` of them.
struct Taken {
  Index first, count, step;
};

Taken taken(Index extent, Index start, Index stop, Index step) {
  if (step == 0) throw Error("the step must not be 0");
  // Going backwards, one place before the first is where everything was taken.
  const Index least = step > 0 ? 0 : -1, most = step > 0 ? extent : extent - 1;
  const auto within = [&](Index i) { return std::clamp(i < 0 ? i + extent : i, least, most); };
  const Index distance = step > 0 ? within(stop) - within(start) : within(start) - within(stop);
  const Index count = distance > 0 ? (distance - 1) / std::abs(step) + 1 : 0;
  return {count > 0 ? within(start) : 0, count, step};
}

template <class T>
Tensor<T> unslice(const Tensor<T>& x, int axis, const Taken& places, Index extent);

constexpr Formula slice_formula{
    "y[j] = x[first + j step] along an axis",
    {"dx = dy[j] at each place first + j step, else 0"},
    "What was taken gets its gradient unchanged, and what was left out gets 0.",
};

// Axis, start, stop and step are in integers.
template <class T>
Array<T> slice_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const Shape& asked = r.attributes.integers;
  const int axis = axis_of(r.attributes, shape);
  const Taken from = taken(shape[axis], asked[1], asked[2], asked[3]);
  Array<T> y(shape.with(axis, from.count));
  if (y.size() == 0) return y;
  const kernels::Strides whole = kernels::row_major(shape);
  kernels::Strides strides = whole;
  strides[to_size(axis)] *= from.step;
  kernels::strided_copy(y.shape(), x[0].data() + from.first * whole[to_size(axis)], strides, y.mutable_data(),
                        kernels::row_major(y.shape()));
  return y;
}

template <class T>
void slice_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Shape& asked = r.attributes.integers;
  const int axis = axis_of(r.attributes, dy.shape());
  const Index extent = d.shape(0)[axis];
  d.add(0, unslice(dy, axis, taken(extent, asked[1], asked[2], asked[3]), extent));
}

constexpr Formula unslice_formula{
    "y[first + j step] = x[j] along an axis, else 0",
    {"dx = at each j the dy[first + j step]"},
    "The way back of slice, which comes up in gradients of gradients: each element reads its own place, and what "
    "arrives at the zeros between is dropped.",
};

// Axis, first, step and the extent of y are in integers.
template <class T>
Array<T> unslice_forward(Record<T>& r, Inputs<T> x) {
  const Shape& asked = r.attributes.integers;
  const int axis = axis_of(r.attributes, x[0].shape());
  Array<T> y(x[0].shape().with(axis, asked[3]), T{0});
  place(x[0].value(), x[0].shape(), y, axis, asked[1], asked[2]);
  return y;
}

template <class T>
void unslice_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Shape& asked = r.attributes.integers;
  const int axis = axis_of(r.attributes, dy.shape());
  const Index first = asked[1], step = asked[2], stop = first + step * d.shape(0)[axis];
  d.add(0, slice(dy, axis, {first, stop < 0 ? std::nullopt : std::optional(stop), step}));
}

constexpr Formula pad_formula{
    "y = x between two blocks of a constant value, along an axis",
    {"dx = dy without the two blocks"},
    "The gradient of the padding is dropped, for a constant has no use for it, and the rest passes unchanged.",
};

// Axis, before and after are in integers, the value is in numbers[0].
template <class T>
Array<T> pad_forward(Record<T>& r, Inputs<T> x) {
  const Index before = r.attributes.integers[1], after = r.attributes.integers[2];
  if (before < 0 || after < 0)
    throw Error(fmt::format("cannot put {} elements before and {} after; slice() takes some away", before, after));
  const Shape& shape = x[0].shape();
  const int axis = axis_of(r.attributes, shape);
  Array<T> y(shape.with(axis, before + shape[axis] + after), static_cast<T>(r.attributes.numbers[0]));
  place(x[0].value(), shape, y, axis, before);
  return y;
}

template <class T>
void pad_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const int axis = axis_of(r.attributes, dy.shape());
  const Index before = r.attributes.integers[1];
  d.add(0, slice(dy, axis, {before, before + d.shape(0)[axis]}));
}

constexpr Formula flip_formula{
    "y[j] = x[n - 1 - j] along each of some axes",
    {"dx = dy, flipped along the same axes"},
    "What was mirrored on the way there is mirrored on the way back, number by number.",
};

// The axes are in integers.
template <class T>
Array<T> flip_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const auto flipped = named_axes(shape, r.attributes.integers);
  Array<T> y(shape);
  if (y.size() == 0) return y;
  kernels::Strides strides = kernels::row_major(shape);
  const T* last = x[0].data();
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (Index& stride = strides[to_size(axis)]; flipped[to_size(axis)]) {
      last += (shape[axis] - 1) * stride;
      stride = -stride;
    }
  kernels::strided_copy(shape, last, strides, y.mutable_data(), kernels::row_major(shape));
  return y;
}

template <class T>
void flip_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, flip(dy, r.attributes.integers));
}

constexpr Formula concatenate_formula{
    "y = all x_i, end to end along an axis",
    {"dx_i = the part of dy where x_i stands"},
    "The gradient is cut at the joints, and each input gets its own piece whole.",
};

// The axis is in integers[0]; input k goes from indices[k] to indices[k + 1].
template <class T>
Array<T> concatenate_forward(Record<T>& r, Inputs<T> x) {
  if (x.empty()) throw Error("there is nothing to join");
  const Shape& shape = x[0].shape();
  const int axis = axis_of(r.attributes, shape);
  Index whole = 0;
  std::vector<std::int32_t> bounds{0};
  for (const Tensor<T>& part : x) {
    if (part.rank() != shape.rank() || !(part.shape().with(axis, shape[axis]) == shape))
      throw Error(fmt::format("{} and {} cannot be joined along axis {}: their other extents must agree",
                              to_string(shape), to_string(part.shape()), axis));
    whole += part.shape()[axis];
    bounds.push_back(static_cast<std::int32_t>(whole));
  }
  Array<T> y(shape.with(axis, whole));
  for (std::size_t k = 0; k < x.size(); ++k) place(x[k].value(), x[k].shape(), y, axis, bounds[k]);
  r.attributes.indices = IntArray(static_cast<Index>(bounds.size()), bounds);
  return y;
}

template <class T>
void concatenate_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const std::int32_t* bounds = r.attributes.indices.data();
  for (std::size_t k = 0; k < r.inputs.size(); ++k)
    if (d.needs(k)) d.add(k, slice(dy, axis_of(r.attributes, dy.shape()), {bounds[k], bounds[k + 1]}));
}

constexpr Formula stack_formula{
    "y = all x_i, side by side along a new axis",
    {"dx_i = the part of dy where x_i stands, without the new axis"},
    "Each input gets back the layer of the gradient that lies over it, unmixed with the others'.",
};

// The new axis is in integers[0].
template <class T>
Array<T> stack_forward(Record<T>& r, Inputs<T> x) {
  if (x.empty()) throw Error("there is nothing to join");
  const Shape& shape = x[0].shape();
  const Shape one = shape.inserted(static_cast<int>(r.attributes.integers[0]), 1);
  const int axis = axis_of(r.attributes, one);
  Array<T> y(one.with(axis, static_cast<Index>(x.size())));
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (!(x[k].shape() == shape))
      throw Error(
          fmt::format("{} and {} cannot be stacked: they must have one shape; concatenate() joins along an "
                      "axis that is there",
                      to_string(shape), to_string(x[k].shape())));
    place(x[k].value(), one, y, axis, static_cast<Index>(k));
  }
  return y;
}

template <class T>
void stack_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const int axis = axis_of(r.attributes, dy.shape());
  for (std::size_t k = 0; k < r.inputs.size(); ++k)
    if (d.needs(k)) {
      const Index at = static_cast<Index>(k);
      d.add(k, squeeze(slice(dy, axis, {at, at + 1}), axis));
    }
}

template <class T>
constexpr Op<T> slice_op{"slice", slice_forward<T>, slice_backward<T>, slice_formula};
template <class T>
constexpr Op<T> unslice_op{"unslice", unslice_forward<T>, unslice_backward<T>, unslice_formula};
template <class T>
constexpr Op<T> pad_op{"pad", pad_forward<T>, pad_backward<T>, pad_formula};
template <class T>
constexpr Op<T> flip_op{"flip", flip_forward<T>, flip_backward<T>, flip_formula};
template <class T>
constexpr Op<T> concatenate_op{"concatenate", concatenate_forward<T>, concatenate_backward<T>, concatenate_formula};
template <class T>
constexpr Op<T> stack_op{"stack", stack_forward<T>, stack_backward<T>, stack_formula};

template <class T>
Tensor<T> unslice(const Tensor<T>& x, int axis, const Taken& places, Index extent) {
  return apply(unslice_op<T>, {&x}, {.integers = {axis, places.first, places.step, extent}}, SourceLocation::current());
}

/// The extents of equal parts.
std::vector<Index> equal_parts(const Shape& x, Index parts, int axis) {
  if (parts < 1 || x.extent(axis) % parts != 0)
    throw Error(fmt::format("axis {} of {} cannot be cut into {} equal parts; give their extents instead", axis,
                            to_string(x), parts));
  return std::vector<Index>(to_size(parts), x.extent(axis) / parts);
}

void check_parts(const Shape& x, const std::vector<Index>& extents, int axis) {
  Index rest = x.extent(axis);
  bool fit = true;
  for (Index extent : extents) {
    fit = fit && extent >= 0 && extent <= rest;
    rest -= extent;
  }
  if (!fit || rest != 0)
    throw Error(fmt::format("axis {} of {} cannot be cut into parts of extents [{}], which must add up to it", axis,
                            to_string(x), fmt::join(extents, ", ")));
}

}  // namespace

template <class T>
Tensor<T> slice(const Operand<T>& x, int axis, Range range, SourceLocation at) {
  constexpr Index low = std::numeric_limits<std::int32_t>::min(), high = std::numeric_limits<std::int32_t>::max();
  const Index start = range.start.value_or(range.step > 0 ? 0 : high),
              stop = range.stop.value_or(range.step > 0 ? high : low);
  const auto fitting = [&](Index i) { return std::clamp(i, low, high); };  // further out than any axis
  return apply(slice_op<T>, {&x}, {.integers = {axis, fitting(start), fitting(stop), fitting(range.step)}}, at);
}

template <class T>
Tensor<T> pad(const Operand<T>& x, int axis, Index before, Index after, double value, SourceLocation at) {
  return apply(pad_op<T>, {&x}, {.integers = {axis, before, after}, .numbers = {value}}, at);
}

template <class T>
Tensor<T> flip(const Operand<T>& x, const Axes& axes, SourceLocation at) {
  return apply(flip_op<T>, {&x}, {.integers = axes}, at);
}

template <class T>
Tensor<T> concatenate(const std::vector<Tensor<T>>& parts, int axis, SourceLocation at) {
  return apply(concatenate_op<T>, Inputs<T>(parts), {.integers = axis}, at);
}

template <class T>
Tensor<T> stack(const std::vector<Tensor<T>>& parts, int axis, SourceLocation at) {
  return apply(stack_op<T>, Inputs<T>(parts), {.integers = axis}, at);
}

template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, Index parts, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  std::vector<Index> extents;
  try {
    extents = equal_parts(from.shape(), parts, axis);
  } catch (const Error& error) {
    throw error_in("split", error.what(), at);
  }
  return split(from, extents, axis, at);
}

template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, const std::vector<Index>& extents, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  try {
    check_parts(from.shape(), extents, axis);
  } catch (const Error& error) {
    throw error_in("split", error.what(), at);
  }
  std::vector<Tensor<T>> parts;
  Index start = 0;
  for (Index extent : extents) {
    parts.push_back(slice(from, axis, {start, start + extent}, at));
    start += extent;
  }
  return parts;
}

#define EBB_INSTANTIATE(T)                                                              \
  template Tensor<T> slice(const Operand<T>&, int, Range, SourceLocation);              \
  template Tensor<T> pad(const Operand<T>&, int, Index, Index, double, SourceLocation); \
  template Tensor<T> flip(const Operand<T>&, const Axes&, SourceLocation);              \
  template Tensor<T> concatenate(const std::vector<Tensor<T>>&, int, SourceLocation);   \
  template Tensor<T> stack(const std::vector<Tensor<T>>&, int, SourceLocation);         \
  template std::vector<Tensor<T>> split(const Operand<T>&, Index, int, SourceLocation); \
  template std::vector<Tensor<T>> split(const Operand<T>&, const std::vector<Index>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

EBB_FAMILY(slicing, &slice_op<T>, &unslice_op<T>, &pad_op<T>, &flip_op<T>, &concatenate_op<T>, &stack_op<T>)
