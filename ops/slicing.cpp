#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "copy_along_axis.h"
#include "new_array.h"
#include "ops.hpp"
#include "slicing.h"

namespace ebb {

Taken taken(Index extent, const Range& range) {
  // No axis reaches further, so that a larger step takes one element as well.
  constexpr Index longest = std::numeric_limits<std::int32_t>::max();
  const Index step = std::clamp(range.step, -longest, longest);
  if (step == 0) throw Error("the step must not be 0");
  // Going backwards, everything has been taken once the index is -1.
  const Index least = step > 0 ? 0 : -1, most = step > 0 ? extent : extent - 1;
  const auto within = [&](Index i) { return std::clamp(i < 0 ? i + extent : i, least, most); };
  const Index start = range.start ? within(*range.start)
                      : step > 0  ? least
                                  : most,
              stop = range.stop ? within(*range.stop)
                     : step > 0 ? most
                                : least;
  const Index distance = step > 0 ? stop - start : start - stop;
  const Index count = distance > 0 ? (distance - 1) / std::abs(step) + 1 : 0;
  return {count > 0 ? start : 0, count, step};
}

std::vector<Index> equal_parts(const Shape& x, Index parts, int axis) {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();  // of an empty axis, too
  if (parts < 1 || parts > most || x.extent(axis) % parts != 0)
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

Index place_along(const Shape& x, int axis, Index index) {
  const Index extent = x.extent(axis);
  if (index < -extent || index >= extent)
    throw Error(fmt::format("there is no index {} along axis {} of {}", index, axis, to_string(x)));
  return index < 0 ? index + extent : index;
}

}  // namespace ebb

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
Tensor<T> unslice(const Tensor<T>& x, int axis, const Taken& places, Index extent);

constexpr Formula slice_formula{
    "y[j] = x[first + j step] along an axis",
    {"dx = dy[j] at each place first + j step, else 0"},
    "What was taken gets its gradient unchanged, and what was left out gets 0.",
};

/// The axis, and the Range that is taken from it.
struct SliceAttributes {
  int axis;
  std::optional<Index> start;
  std::optional<Index> stop;
  Index step;
  Range range() const { return {start, stop, step}; }
  static void visit(auto& self, auto&& field) {
    field("axis", self.axis), field("start", self.start), field("stop", self.stop), field("step", self.step);
  }
};

template <class T>
Array<T> slice_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const auto& asked = r.attributes.template as<SliceAttributes>();
  const int axis = shape.normalized(asked.axis);
  return sliced(x[0].value(), axis, taken(shape[axis], asked.range()));
}

template <class T>
void slice_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Shape& shape = d.shape(0);
  const auto& asked = r.attributes.template as<SliceAttributes>();
  const int axis = shape.normalized(asked.axis);
  const Taken places = taken(shape[axis], asked.range());
  d.add_part(
      0, [&] { return unslice(dy, axis, places, shape[axis]); },
      [&](T* dx) { add_to_slice(dy.value(), shape, axis, places, dx); });
}

constexpr Formula unslice_formula{
    "y[first + j step] = x[j] along an axis, else 0",
    {"dx = at each j the dy[first + j step]"},
    "The way back of slice, which comes up in gradients of gradients: each element reads its own place, and what "
    "arrives at the zeros between is dropped.",
};

/// The axis, where its elements go, and the extent of y along it.
struct UnsliceAttributes {
  int axis;
  Index first;
  Index step;
  Index extent;
  static void visit(auto& self, auto&& field) {
    field("axis", self.axis), field("first", self.first), field("step", self.step), field("extent", self.extent);
  }
};

template <class T>
Array<T> unslice_forward(Record<T>& r, Inputs<T> x) {
  const auto [asked_axis, first, step, extent] = r.attributes.template as<UnsliceAttributes>();
  const int axis = x[0].shape().normalized(asked_axis);
  Array<T> y(x[0].shape().with(axis, extent), T{0});
  copy_along_axis(x[0].value(), x[0].shape(), y, axis, first, step);
  return y;
}

template <class T>
void unslice_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const auto [axis, first, step, extent] = r.attributes.template as<UnsliceAttributes>();
  const Index stop = first + step * d.shape(0).extent(axis);
  d.add(0, slice(dy, axis, {first, stop < 0 ? std::nullopt : std::optional(stop), step}));
}

constexpr Formula pad_formula{
    "y = x between two blocks of a constant value, along an axis",
    {"dx = dy without the two blocks"},
    "The gradient of the padding is dropped, for a constant has no use for it, and the rest passes unchanged.",
};

/// The axis, the number of elements to put before and after, and their value.
struct PadAttributes {
  int axis;
  Index before;
  Index after;
  double value;
  static void visit(auto& self, auto&& field) {
    field("axis", self.axis), field("before", self.before), field("after", self.after), field("value", self.value);
  }
};

template <class T>
Array<T> pad_forward(Record<T>& r, Inputs<T> x) {
  const auto [asked_axis, before, after, value] = r.attributes.template as<PadAttributes>();
  if (before < 0 || after < 0)
    throw Error(fmt::format("cannot put {} elements before and {} after; slice() takes some away", before, after));
  const Shape& shape = x[0].shape();
  const int axis = shape.normalized(asked_axis);
  Array<T> y(shape.with(axis, before + shape[axis] + after), static_cast<T>(value));
  copy_along_axis(x[0].value(), shape, y, axis, before);
  return y;
}

template <class T>
void pad_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const auto [axis, before, after, value] = r.attributes.template as<PadAttributes>();
  d.add(0, slice(dy, axis, {before, before + d.shape(0).extent(axis)}));
}

constexpr Formula flip_formula{
    "y[j] = x[n - 1 - j] along each of some axes",
    {"dx = dy, flipped along the same axes"},
    "What was mirrored on the way there is mirrored on the way back, number by number.",
};

/// The axes along which the order is turned.
struct FlipAttributes {
  Axes axes;
  static void visit(auto& self, auto&& field) { field("axes", self.axes); }
};

template <class T>
Array<T> flip_forward(Record<T>& r, Inputs<T> x) {
  return flipped(x[0].value(), r.attributes.template as<FlipAttributes>().axes);
}

template <class T>
void flip_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, flip(dy, r.attributes.template as<FlipAttributes>().axes));
}

template <class T>
Tensor<T> unslice(const Tensor<T>& x, int axis, const Taken& places, Index extent) {
  return apply(Ops<T>::unslice, {&x}, UnsliceAttributes{axis, places.first, places.step, extent},
               SourceLocation::current());
}

}  // namespace

EBB_OP(slice, slice_forward<T>, slice_backward<T>, slice_formula, .attributes = default_attributes<SliceAttributes>)
EBB_OP(unslice, unslice_forward<T>, unslice_backward<T>, unslice_formula,
       .attributes = default_attributes<UnsliceAttributes>)
EBB_OP(pad, pad_forward<T>, pad_backward<T>, pad_formula, .attributes = default_attributes<PadAttributes>)
EBB_OP(flip, flip_forward<T>, flip_backward<T>, flip_formula, .attributes = default_attributes<FlipAttributes>)

template <class T>
Tensor<T> slice(const Operand<T>& x, int axis, Range range, SourceLocation at) {
  return apply(Ops<T>::slice, {&x}, SliceAttributes{axis, range.start, range.stop, range.step}, at);
}

template <class T>
Tensor<T> pad(const Operand<T>& x, int axis, Index before, Index after, double value, SourceLocation at) {
  return apply(Ops<T>::pad, {&x}, PadAttributes{axis, before, after, value}, at);
}

template <class T>
Tensor<T> flip(const Operand<T>& x, const Axes& axes, SourceLocation at) {
  return apply(Ops<T>::flip, {&x}, FlipAttributes{axes}, at);
}

template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, Index parts, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return split(from, named("split", at, [&] { return equal_parts(from.shape(), parts, axis); }), axis, at);
}

template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, const std::vector<Index>& extents, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  std::vector<Tensor<T>> parts;
  named("split", at, [&] {
    check_parts(from.shape(), extents, axis);
    parts.reserve(extents.size());
  });
  Index start = 0;
  for (Index extent : extents) {
    parts.push_back(slice(from, axis, {start, start + extent}, at));
    start += extent;
  }
  return parts;
}

template <class T>
Tensor<T> slice(const Operand<T>& x, const std::vector<Range>& ranges, SourceLocation at) {
  Tensor<T> y = x.tensor(at);
  if (static_cast<Index>(ranges.size()) > y.rank())
    throw error_in("slice", fmt::format("{} ranges are more than the axes of {}", ranges.size(), to_string(y.shape())),
                   at);
  for (std::size_t axis = 0; axis < ranges.size(); ++axis)
    if (const Range& range = ranges[axis]; range.start || range.stop || range.step != 1)
      y = slice(y, static_cast<int>(axis), range, at);
  return y;
}

template <class T>
Tensor<T> select(const Operand<T>& x, int axis, Index index, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Index place = named("select", at, [&] { return place_along(from.shape(), axis, index); });
  return squeeze(slice(from, axis, {place, place + 1}, at), axis, at);
}

template <class T>
std::vector<Tensor<T>> unbind(const Operand<T>& x, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Index count = named("unbind", at, [&] { return from.extent(axis); });
  std::vector<Tensor<T>> parts;
  for (Index i = 0; i < count; ++i) parts.push_back(select(from, axis, i, at));
  return parts;
}

template <class T>
Tensor<T> roll(const Operand<T>& x, Index shift, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Index n = named("roll", at, [&] { return from.extent(axis); });
  const Index turned = n == 0 ? 0 : (shift % n + n) % n;  // the number of elements that come in again at the front
  if (turned == 0) return from;
  return concatenate({slice(from, axis, {n - turned, n}, at), slice(from, axis, {0, n - turned}, at)}, axis, at);
}

#define EBB_INSTANTIATE(T)                                                                \
  template Tensor<T> slice(const Operand<T>&, int, Range, SourceLocation);                \
  template Tensor<T> slice(const Operand<T>&, const std::vector<Range>&, SourceLocation); \
  template Tensor<T> select(const Operand<T>&, int, Index, SourceLocation);               \
  template std::vector<Tensor<T>> unbind(const Operand<T>&, int, SourceLocation);         \
  template Tensor<T> roll(const Operand<T>&, Index, int, SourceLocation);                 \
  template Tensor<T> pad(const Operand<T>&, int, Index, Index, double, SourceLocation);   \
  template Tensor<T> flip(const Operand<T>&, const Axes&, SourceLocation);                \
  template std::vector<Tensor<T>> split(const Operand<T>&, Index, int, SourceLocation);   \
  template std::vector<Tensor<T>> split(const Operand<T>&, const std::vector<Index>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
