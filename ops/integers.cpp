#include "integers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/broadcast.h"
#include "../autograd/kernels/indexing.h"
#include "../autograd/kernels/strided_copy.h"
#include "../autograd/op.hpp"
#include "../autograd/scope.hpp"
#include "axes.h"
#include "indexing.h"
#include "joining.h"
#include "new_array.h"
#include "ops.hpp"
#include "shape.h"
#include "slicing.h"

namespace ebb EBB_PUBLIC {

namespace {

using Int = std::int32_t;
using Limits = std::numeric_limits<Int>;

void check_defined(const IntArray& x) {
  if (!x.defined()) throw Error("an input is undefined (an empty IntArray)");
}

Int checked(Index number) {
  if (number < Limits::min() || number > Limits::max())
    throw Error(fmt::format("{} does not fit the 32 bits of an IntArray", number));
  return static_cast<Int>(number);
}

// What the functions do to two elements; 64 bits hold what comes of 32.
Int sum_of(Int a, Int b) { return checked(Index{a} + b); }
Int difference_of(Int a, Int b) { return checked(Index{a} - b); }
Int product_of(Int a, Int b) { return checked(Index{a} * b); }
Index floored(Int a, Int b) {
  if (b == 0) throw Error(fmt::format("{} is divided by 0", a));
  const Index quotient = Index{a} / b;
  return quotient - (Index{a} % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
Int quotient_of(Int a, Int b) { return checked(floored(a, b)); }
Int remainder_of(Int a, Int b) { return checked(a - floored(a, b) * b); }
Int are_equal(Int a, Int b) { return a == b ? 1 : 0; }
Int is_less(Int a, Int b) { return a < b ? 1 : 0; }
Int is_not_more(Int a, Int b) { return a <= b ? 1 : 0; }
Int both(Int a, Int b) { return a != 0 && b != 0 ? 1 : 0; }
Int either(Int a, Int b) { return a != 0 || b != 0 ? 1 : 0; }

template <Int (*f)(Int, Int)>
void each(Index n, Int* y, kernels::Strided<Int> a, kernels::Strided<Int> b) {
  for (Index i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
}

void choose(Index n, Int* y, kernels::Strided<Int> mask, kernels::Strided<Int> a, kernels::Strided<Int> b) {
  for (Index i = 0; i < n; ++i) y[i] = mask[i] != 0 ? a[i] : b[i];
}

template <Int (*f)(Int, Int)>
IntArray combined(const char* name, const Integers& a, const Integers& b, SourceLocation at) {
  return named(name, at, [&] {
    check_defined(a.array());
    check_defined(b.array());
    IntArray y(broadcast_shape(a.array().shape(), b.array().shape()));
    kernels::broadcast(each<f>, y, a.array(), b.array());
    return y;
  });
}

/// Folds x over axes, from `start` on, in 64 bits. Reductions of integers are small: one element after the other.
template <class F>
IntArray folded(const char* name, const IntArray& x, const Axes& axes, bool keep, Index start, F f, SourceLocation at) {
  return named(name, at, [&] {
    check_defined(x);
    const Shape kept = kept_shape(x.shape(), axes);
    std::vector<Index> results(to_size(kept.size()), start);
    kernels::Strides steps = kernels::row_major(kept);
    for (int axis = 0; axis < x.rank(); ++axis)
      if (kept[axis] != x.shape()[axis]) steps[to_size(axis)] = 0;
    for (Index i = 0; i < x.size(); ++i) {
      Index place = 0, rest = i;
      for (int axis = x.rank() - 1; axis >= 0; --axis) {
        place += rest % x.shape()[axis] * steps[to_size(axis)];
        rest /= x.shape()[axis];
      }
      Index& result = results[to_size(place)];
      result = f(result, x.data()[i]);
    }
    IntArray y(kept);
    std::transform(results.begin(), results.end(), y.mutable_data(), checked);
    return keep ? y : y.reshaped(without_axes(x.shape(), axes));
  });
}

}  // namespace

IntArray Integers::of_number(Index number) { return IntArray(Shape{}, checked(number)); }

template <class T>
IntArray to_integers(const Operand<T>& x, SourceLocation at) {
  const NoRecording off;
  const Tensor<T> from = x.tensor(at);
  return named("to_integers", at, [&] {
    if (!from.defined()) throw Error("the input is undefined (an empty tensor or parameter)");
    IntArray y(from.shape());
    Int* const to = y.mutable_data();
    for (Index i = 0; i < from.size(); ++i) {
      const double number = static_cast<double>(from.data()[i]);
      if (!(number >= Limits::min() && number <= Limits::max() && number == std::floor(number)))
        throw Error(fmt::format("{} at position {} is no whole number of 32 bits; round(), floor() or ceil() makes one",
                                number, position_text(from.shape(), i)));
      to[i] = static_cast<Int>(number);
    }
    return y;
  });
}

template IntArray to_integers(const Operand<float>&, SourceLocation);
template IntArray to_integers(const Operand<double>&, SourceLocation);

IntArray add(const Integers& a, const Integers& b, SourceLocation at) { return combined<sum_of>("add", a, b, at); }
IntArray subtract(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<difference_of>("subtract", a, b, at);
}
IntArray multiply(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<product_of>("multiply", a, b, at);
}
IntArray floor_divide(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<quotient_of>("floor_divide", a, b, at);
}
IntArray remainder(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<remainder_of>("remainder", a, b, at);
}
IntArray equal(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<are_equal>("equal", a, b, at);
}
IntArray less(const Integers& a, const Integers& b, SourceLocation at) { return combined<is_less>("less", a, b, at); }
IntArray less_equal(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<is_not_more>("less_equal", a, b, at);
}
IntArray logical_and(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<both>("logical_and", a, b, at);
}
IntArray logical_or(const Integers& a, const Integers& b, SourceLocation at) {
  return combined<either>("logical_or", a, b, at);
}
IntArray logical_not(const Integers& a, SourceLocation at) { return combined<are_equal>("logical_not", a, 0, at); }

IntArray where(const IntArray& mask, const Integers& a, const Integers& b, SourceLocation at) {
  return named("where", at, [&] {
    for (const IntArray* x : {&mask, &a.array(), &b.array()}) check_defined(*x);
    IntArray y(broadcast_shape(mask.shape(), broadcast_shape(a.array().shape(), b.array().shape())));
    kernels::broadcast(choose, y, mask, a.array(), b.array());
    return y;
  });
}

Index sum(const IntArray& x, SourceLocation at) {
  named("sum", at, [&] { check_defined(x); });
  return std::accumulate(x.data(), x.data() + x.size(), Index{0});
}

IntArray sum(const IntArray& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return folded(
      "sum", x, axes, options.keep, 0, [](Index total, Int number) { return total + number; }, at);
}

bool any(const IntArray& x, SourceLocation at) {
  named("any", at, [&] { check_defined(x); });
  return std::any_of(x.data(), x.data() + x.size(), [](Int number) { return number != 0; });
}

IntArray any(const IntArray& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return folded(
      "any", x, axes, options.keep, 0, [](Index found, Int number) { return number != 0 ? 1 : found; }, at);
}

bool all(const IntArray& x, SourceLocation at) {
  named("all", at, [&] { check_defined(x); });
  return std::none_of(x.data(), x.data() + x.size(), [](Int number) { return number == 0; });
}

IntArray all(const IntArray& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return folded(
      "all", x, axes, options.keep, 1, [](Index found, Int number) { return number == 0 ? 0 : found; }, at);
}

IntArray arange(Extent start, Extent stop, Extent step) {
  const auto failed = [&](const char* why) {
    return Error(fmt::format("arange({}, {}, {}): {}", start.value, stop.value, step.value, why));
  };
  if (step.value == 0) throw failed("the step must not be 0");
  for (const Extent number : {start, stop, step})
    if (number.value < Limits::min() || number.value > Limits::max())
      throw failed("an IntArray has numbers of 32 bits");
  const Index distance = step.value > 0 ? stop.value - start.value : start.value - stop.value;
  const Index count = distance > 0 ? (distance - 1) / std::abs(step.value) + 1 : 0;
  if (count > Limits::max()) throw failed("there are more numbers than an axis can have");
  IntArray x = new_array<Int>("arange", count);
  for (Index i = 0; i < count; ++i) x.mutable_data()[i] = static_cast<Int>(start.value + i * step.value);
  return x;
}

IntArray reshape(const IntArray& x, const Shape& shape, SourceLocation at) {
  return named("reshape", at, [&] {
    check_defined(x);
    return x.reshaped(completed(x.shape(), shape));
  });
}

IntArray permute(const IntArray& x, const Axes& axes, SourceLocation at) {
  return named("permute", at, [&] {
    check_defined(x);
    return permuted(x, order_of(axes, x.shape()));
  });
}

IntArray transpose(const IntArray& x, int a, int b, SourceLocation at) {
  return named("transpose", at, [&] {
    check_defined(x);
    return permuted(x, order_with_swapped(x.shape(), a, b));
  });
}

IntArray squeeze(const IntArray& x, SourceLocation at) { return squeeze(x, axes_of_one(x.shape()), at); }

IntArray squeeze(const IntArray& x, const Axes& axes, SourceLocation at) {
  return named("squeeze", at, [&] {
    check_defined(x);
    return x.reshaped(squeezed_shape(x.shape(), axes));
  });
}

IntArray unsqueeze(const IntArray& x, int axis, SourceLocation at) {
  return named("unsqueeze", at, [&] {
    check_defined(x);
    return x.reshaped(x.shape().inserted(axis, 1));
  });
}

IntArray flip(const IntArray& x, const Axes& axes, SourceLocation at) {
  return named("flip", at, [&] {
    check_defined(x);
    return flipped(x, axes);
  });
}

IntArray roll(const IntArray& x, Index shift, int axis, SourceLocation at) {
  return named("roll", at, [&] {
    check_defined(x);
    const Index n = x.extent(axis), turned = n == 0 ? 0 : (shift % n + n) % n;
    return turned == 0 ? x : concatenate({slice(x, axis, {n - turned, n}), slice(x, axis, {0, n - turned})}, axis);
  });
}

IntArray select(const IntArray& x, int axis, Index index, SourceLocation at) {
  return named("select", at, [&] {
    check_defined(x);
    const Index place = place_along(x.shape(), axis, index);
    return squeeze(slice(x, axis, {place, place + 1}), axis);
  });
}

std::vector<IntArray> split(const IntArray& x, Index parts, int axis, SourceLocation at) {
  return split(x, named("split", at, [&] { return equal_parts(x.shape(), parts, axis); }), axis, at);
}

std::vector<IntArray> split(const IntArray& x, const std::vector<Index>& extents, int axis, SourceLocation at) {
  return named("split", at, [&] {
    check_defined(x);
    check_parts(x.shape(), extents, axis);
    std::vector<IntArray> parts;
    Index start = 0;
    for (const Index extent : extents) {
      parts.push_back(slice(x, axis, {start, start + extent}));
      start += extent;
    }
    return parts;
  });
}

std::vector<IntArray> unbind(const IntArray& x, int axis, SourceLocation at) {
  return named("unbind", at, [&] {
    check_defined(x);
    std::vector<IntArray> parts;
    for (Index i = 0; i < x.extent(axis); ++i) parts.push_back(select(x, axis, i));
    return parts;
  });
}

IntArray gather(const IntArray& x, const IntArray& indices, int axis, SourceLocation at) {
  return named("gather", at, [&] {
    check_defined(x);
    const int normalized = x.shape().normalized(axis);
    check_within(indices, x.shape(), normalized);
    const auto [outer, extent, inner] = AroundAxis(x.shape(), normalized);
    IntArray y(gathered_shape(x.shape(), normalized, indices.shape()));
    kernels::gather(outer, extent, inner, x.data(), indices.data(), indices.size(), y.mutable_data());
    return y;
  });
}

IntArray slice(const IntArray& x, int axis, Range range, SourceLocation at) {
  return named("slice", at, [&] {
    check_defined(x);
    return sliced(x, x.shape().normalized(axis), taken(x.extent(axis), range));
  });
}

IntArray concatenate(const std::vector<IntArray>& parts, int axis, SourceLocation at) {
  return named("concatenate", at, [&] {
    for (const IntArray& part : parts) check_defined(part);
    return joined(std::span<const IntArray>(parts), axis);
  });
}

IntArray stack(const std::vector<IntArray>& parts, int axis, SourceLocation at) {
  return named("stack", at, [&] {
    for (const IntArray& part : parts) check_defined(part);
    return stacked(std::span<const IntArray>(parts), axis);
  });
}

}  // namespace ebb
