#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/reduction.h"
#include "../autograd/op.hpp"
#include "../autograd/scope.hpp"
#include "all_ops.h"
#include "axes.h"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// The axes that are reduced, and true to keep them in place with extent 1.
struct ReduceAttributes {
  Axes axes;
  bool keep;
  static void visit(auto& self, auto&& field) { field("axes", self.axes), field("keep", self.keep); }
};

/// The axes, true to keep them, and the correction c of the formula.
struct VarianceAttributes {
  Axes axes;
  bool keep;
  int correction;
  static void visit(auto& self, auto&& field) {
    field("axes", self.axes), field("keep", self.keep), field("correction", self.correction);
  }
};

/// The result as the caller wants it, from one of kept_shape: without the reduced axes unless they were to be kept.
template <class T>
Array<T> finished(const Array<T>& y, const Shape& x, const Axes& axes, bool keep) {
  return keep ? y : y.reshaped(without_axes(x, axes));
}

/// The number of elements of x that go into each of the result. Throws Error if it is 0 and the result has elements.
Index count_for_each(const Shape& x, const Shape& kept) {
  Index count = 1;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (kept[axis] == 1) count *= x[axis];
  if (count == 0 && kept.size() > 0) throw Error(fmt::format("there is nothing to reduce in shape {}", to_string(x)));
  return count;
}

/// The same, for a variance with this correction. Throws Error also if it leaves nothing to divide by.
Index count_for_variance(const Shape& x, const Shape& kept, int correction) {
  const Index n = count_for_each(x, kept);
  if (n <= correction && kept.size() > 0)
    throw Error(fmt::format("a correction of {} leaves nothing to divide by: {} elements of {} go into each result",
                            correction, n, to_string(x)));
  return n;
}

/// The result or its cotangent, with the reduced axes in place, so that it broadcasts to x.
template <class T>
Tensor<T> with_kept_axes(const Tensor<T>& y, const Shape& x, const Axes& axes) {
  return reshape(y, kept_shape(x, axes));
}

constexpr Formula sum_formula{
    "y = sum of x over axes",
    {"dx = dy, repeated along those axes"},
    "The gradient is copied to every term, undiminished.",
};

template <class T>
Array<T> sum_forward(Record<T>& r, Inputs<T> x) {
  const auto& [axes, keep] = r.attributes.template as<ReduceAttributes>();
  Array<T> y(kept_shape(x[0].shape(), axes));
  kernels::sum(x[0].shape(), x[0].data(), y.shape(), y.mutable_data());
  return finished(y, x[0].shape(), axes, keep);
}

template <class T>
void sum_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Axes& axes = r.attributes.template as<ReduceAttributes>().axes;
  if (d.needs(0)) d.add(0, expand(with_kept_axes(dy, d.shape(0), axes), d.shape(0)));
}

constexpr Formula mean_formula{
    "y = sum of x over axes, divided by the number n of terms",
    {"dx = dy / n, repeated along those axes"},
    "The gradient is shared out in n equal parts, so that each fades as more are averaged.",
};

template <class T>
Array<T> mean_forward(Record<T>& r, Inputs<T> x) {
  const auto& [axes, keep] = r.attributes.template as<ReduceAttributes>();
  Array<T> y(kept_shape(x[0].shape(), axes));
  const Index n = count_for_each(x[0].shape(), y.shape());
  kernels::sum(x[0].shape(), x[0].data(), y.shape(), y.mutable_data(), 1 / static_cast<double>(n));
  return finished(y, x[0].shape(), axes, keep);
}

template <class T>
void mean_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T> kept = with_kept_axes(dy, d.shape(0), r.attributes.template as<ReduceAttributes>().axes);
  d.add(0, expand(kept / count_for_each(d.shape(0), kept.shape()), d.shape(0)));
}

constexpr Formula variance_formula{
    "y = sum of (x - m)^2 over axes, divided by n - c, m = mean of the n terms x, c the correction",
    {"dx = dy 2 (x - m) / (n - c)"},
    "Each term gets its share by its distance from the mean: an outlier the most, one at the mean nothing.",
};

template <class T>
Array<T> variance_forward(Record<T>& r, Inputs<T> x) {
  const auto& [axes, keep, correction] = r.attributes.template as<VarianceAttributes>();
  Array<T> y(kept_shape(x[0].shape(), axes));
  const Index n = count_for_variance(x[0].shape(), y.shape(), correction);
  kernels::variance(x[0].shape(), x[0].data(), n, correction, y.shape(), y.mutable_data());
  r.save(x[0]);
  return finished(y, x[0].shape(), axes, keep);
}

template <class T>
void variance_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  const auto& [axes, keep, correction] = r.attributes.template as<VarianceAttributes>();
  const Tensor<T> kept = with_kept_axes(dy, x.shape(), axes);
  const double divisor = static_cast<double>(count_for_each(x.shape(), kept.shape()) - correction);
  // The mean, rounded, may be off by more than the terms are apart: it is taken off twice.
  const Tensor<T> distance = x - mean(x, axes, {.keep = true});
  d.add(0, kept * (2 / divisor) * (distance - mean(distance, axes, {.keep = true})));
}

/// For reductions of at least one element whose derivative looks at both x and y.
template <class T>
Array<T> reduced(void (*kernel)(const Shape&, const T*, const Shape&, T*), Record<T>& r, const Tensor<T>& x) {
  const auto& [axes, keep] = r.attributes.template as<ReduceAttributes>();
  Array<T> y(kept_shape(x.shape(), axes));
  count_for_each(x.shape(), y.shape());
  kernel(x.shape(), x.data(), y.shape(), y.mutable_data());
  r.save(x);
  r.save_output();
  return finished(y, x.shape(), axes, keep);
}

constexpr Formula max_formula{
    "y = the largest x over axes",
    {"dx = dy [x = y] / (how many x = y)"},
    "The largest term takes the whole gradient, sharing it evenly with its equals, and all others get none.",
};

template <class T>
Array<T> max_forward(Record<T>& r, Inputs<T> x) {
  return reduced(kernels::max<T>, r, x[0]);
}

constexpr Formula min_formula{
    "y = the smallest x over axes",
    {"dx = dy [x = y] / (how many x = y)"},
    "Only the smallest term learns anything (equals share evenly), so that most of x is cut off from this result.",
};

template <class T>
Array<T> min_forward(Record<T>& r, Inputs<T> x) {
  return reduced(kernels::min<T>, r, x[0]);
}

template <class T>
void extreme_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  const Axes& axes = r.attributes.template as<ReduceAttributes>().axes;
  const Tensor<T> reached = to_tensor<T>(equal(x, with_kept_axes(r.output.detach(), x.shape(), axes)));
  const Tensor<T> share = reached / sum(reached, axes, {.keep = true});
  d.add(0, with_kept_axes(dy, x.shape(), axes) * share);
}

constexpr Formula logsumexp_formula{
    "y = log(sum of e^x over axes)",
    {"dx = dy e^(x - y)"},
    "The gradient is shared out by softmax(x): the parts add up to the whole, and the largest terms get the most.",
};

template <class T>
Array<T> logsumexp_forward(Record<T>& r, Inputs<T> x) {
  return reduced(kernels::logsumexp<T>, r, x[0]);
}

/// The softmax over several axes at once: they are brought to the end, and made one.
template <class T>
Tensor<T> softmax_over(const Tensor<T>& x, const Axes& axes) {
  if (axes.rank() == 1) return softmax(x, static_cast<int>(axes[0]));
  const Axes order = order_with_last(x.shape(), axes);
  const bool in_order = order == all_axes(x.shape());
  const Tensor<T> ordered = in_order ? x : permute(x, order);
  const Index kept = kept_shape(x.shape(), axes).size(), each = kept == 0 ? 0 : x.size() / kept;
  const Tensor<T> y = reshape(softmax(reshape(ordered, {kept, each})), ordered.shape());
  return in_order ? y : permute(y, inverse_order(order));
}

template <class T>
void logsumexp_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  const Axes& axes = r.attributes.template as<ReduceAttributes>().axes;
  const IntArray empty = equal(with_kept_axes(r.output.detach(), x.shape(), axes), -std::numeric_limits<T>::infinity());
  const bool any = std::any_of(empty.data(), empty.data() + empty.size(), [](std::int32_t e) { return e != 0; });
  // Where all are minus infinity, all get 0.
  const Tensor<T> share = any ? where(empty, 0, softmax_over(where(empty, 0, x), axes)) : softmax_over(x, axes);
  d.add(0, with_kept_axes(dy, x.shape(), axes) * share);
}

template <class T>
IntArray index_of_largest(const char* op, const Tensor<T>& x, int axis, SourceLocation at) {
  return named(op, at, [&] {
    if (!x.defined()) throw Error("the input is undefined (an empty tensor or parameter)");
    IntArray y(x.shape().without(axis));
    count_for_each(x.shape(), x.shape().with(axis, 1));
    kernels::argmax(x.shape(), axis, x.data(), y.mutable_data());
    return y;
  });
}

}  // namespace

EBB_OP(sum, sum_forward<T>, sum_backward<T>, sum_formula, .attributes = default_attributes<ReduceAttributes>)
EBB_OP(mean, mean_forward<T>, mean_backward<T>, mean_formula, .attributes = default_attributes<ReduceAttributes>)
EBB_OP(variance, variance_forward<T>, variance_backward<T>, variance_formula,
       .attributes = default_attributes<VarianceAttributes>)
EBB_OP(max, max_forward<T>, extreme_backward<T>, max_formula, .attributes = default_attributes<ReduceAttributes>)
EBB_OP(min, min_forward<T>, extreme_backward<T>, min_formula, .attributes = default_attributes<ReduceAttributes>)
EBB_OP(logsumexp, logsumexp_forward<T>, logsumexp_backward<T>, logsumexp_formula,
       .attributes = default_attributes<ReduceAttributes>)

template <class T>
Tensor<T> sum(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return sum(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> sum(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return apply(Ops<T>::sum, {&x}, ReduceAttributes{axes, options.keep}, at);
}

template <class T>
Tensor<T> mean(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return mean(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> mean(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return apply(Ops<T>::mean, {&x}, ReduceAttributes{axes, options.keep}, at);
}

template <class T>
Tensor<T> variance(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return variance(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> variance(const Operand<T>& x, const Axes& axes, VarianceOptions options, SourceLocation at) {
  return apply(Ops<T>::variance, {&x}, VarianceAttributes{axes, options.keep, options.correction}, at);
}

template <class T>
Tensor<T> standard_deviation(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return standard_deviation(from, all_axes(from.shape()), {}, at);
}

// Not as the root of the variance, which may overflow, and whose slope at 0 is infinite.
template <class T>
Tensor<T> standard_deviation(const Operand<T>& x, const Axes& axes, VarianceOptions options, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Index n = named("standard_deviation", at, [&] {
    return count_for_variance(from.shape(), kept_shape(from.shape(), axes), options.correction);
  });
  const Tensor<T> distance = subtract(from, mean(from, axes, {.keep = true}, at), at);
  const Tensor<T> centred = subtract(distance, mean(distance, axes, {.keep = true}, at), at);
  const double divisor = std::sqrt(static_cast<double>(n - options.correction));
  return divide(norm(centred, axes, {.keep = options.keep}, at), divisor, at);
}

template <class T>
Tensor<T> max(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return max(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> max(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return apply(Ops<T>::max, {&x}, ReduceAttributes{axes, options.keep}, at);
}

template <class T>
Tensor<T> min(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return min(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> min(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return apply(Ops<T>::min, {&x}, ReduceAttributes{axes, options.keep}, at);
}

template <class T>
Tensor<T> logsumexp(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return logsumexp(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> logsumexp(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  return apply(Ops<T>::logsumexp, {&x}, ReduceAttributes{axes, options.keep}, at);
}

template <class T>
IntArray argmax(const Operand<T>& x, int axis, SourceLocation at) {
  const NoRecording off;
  return index_of_largest("argmax", x.tensor(at), axis, at);
}

template <class T>
IntArray argmin(const Operand<T>& x, int axis, SourceLocation at) {
  const NoRecording off;
  const Tensor<T> from = x.tensor(at);
  return index_of_largest("argmin", from.defined() ? negate(from, at) : from, axis, at);
}

#define EBB_INSTANTIATE_REDUCTION(T, op, Options)           \
  template Tensor<T> op(const Operand<T>&, SourceLocation); \
  template Tensor<T> op(const Operand<T>&, const Axes&, Options, SourceLocation);
#define EBB_INSTANTIATE(T)                                          \
  EBB_INSTANTIATE_REDUCTION(T, sum, ReduceOptions)                  \
  EBB_INSTANTIATE_REDUCTION(T, mean, ReduceOptions)                 \
  EBB_INSTANTIATE_REDUCTION(T, variance, VarianceOptions)           \
  EBB_INSTANTIATE_REDUCTION(T, standard_deviation, VarianceOptions) \
  EBB_INSTANTIATE_REDUCTION(T, max, ReduceOptions)                  \
  EBB_INSTANTIATE_REDUCTION(T, min, ReduceOptions)                  \
  EBB_INSTANTIATE_REDUCTION(T, logsumexp, ReduceOptions)            \
  template IntArray argmax(const Operand<T>&, int, SourceLocation); \
  template IntArray argmin(const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
