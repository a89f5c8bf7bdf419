#include <limits>

#include "../autograd/op.hpp"
#include "all_ops.h"
#include "axes.h"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula norm_formula{
    "y = sqrt(sum of x^2 over axes)",
    {"dx = dy x / y, but 0 where y = 0"},
    "The gradient points along x itself and keeps its size, however long the vector is.",
};

/// The axes that are reduced, and kept with extent 1.
struct NormAttributes {
  Axes axes;
  static void visit(auto& self, auto&& field) { field("axes", self.axes); }
};

/// x divided by its largest element along the axes, so that no square overflows, or vanishes.
template <class T>
struct Scaled {
  IntArray is_zero;
  Tensor<T> scale, x;

  Scaled(const Tensor<T>& whole, const Axes& axes) {
    const Tensor<T> largest = max(abs(whole.detach()), axes, {.keep = true});
    is_zero = equal(largest, 0);
    scale = where(logical_or(is_zero, equal(largest, std::numeric_limits<T>::infinity())), 1, largest);
    x = whole / scale;
  }
};

template <class T>
Tensor<T> root_of_squares(const Tensor<T>& x, const Axes& axes) {
  return sqrt(sum(square(x), axes, {.keep = true}));
}

template <class T>
Array<T> norm_forward(Record<T>& r, Inputs<T> x) {
  const Axes& axes = r.attributes.template as<NormAttributes>().axes;
  const Shape kept = kept_shape(x[0].shape(), axes);
  r.save(x[0]);
  if (x[0].size() == 0) return Array<T>(kept, T{0});
  const Scaled<T> scaled(x[0], axes);
  return (scaled.scale * root_of_squares(scaled.x, axes)).value();
}

// x / y does not depend on the scale, which is a constant here.
template <class T>
void norm_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0) || r.saved[0].size() == 0) return;
  const Axes& axes = r.attributes.template as<NormAttributes>().axes;
  const Scaled<T> scaled(r.saved[0], axes);
  const Tensor<T> x = where(scaled.is_zero, 1, scaled.x);  // any direction: nothing passes there
  d.add(0, where(scaled.is_zero, 0, dy) * (x / root_of_squares(x, axes)));
}

}  // namespace

EBB_OP(norm, norm_forward<T>, norm_backward<T>, norm_formula, .attributes = default_attributes<NormAttributes>)

template <class T>
Tensor<T> norm(const Operand<T>& x, const Axes& axes, ReduceOptions options, SourceLocation at) {
  const Tensor<T> from = x.tensor(at), kept = apply(Ops<T>::norm, {&from}, NormAttributes{axes}, at);
  return options.keep ? kept : reshape(kept, without_axes(from.shape(), axes), at);
}

template <class T>
Tensor<T> norm(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  return norm(from, all_axes(from.shape()), {}, at);
}

template <class T>
Tensor<T> cosine_similarity(const Operand<T>& a, const Operand<T>& b, int axis, SourceLocation at) {
  const Tensor<T> left = a.tensor(at), right = b.tensor(at);
  const Shape shape = named("cosine_similarity", at, [&] {
    const Shape both = broadcast_shape(left.shape(), right.shape());
    static_cast<void>(both.normalized(axis));
    return both;
  });
  IntArray none(shape.without(axis), 0);  // where a vector has no direction
  const auto direction = [&](const Tensor<T>& x) {
    const Tensor<T> whole = x.shape() == shape ? x : expand(x, shape, at),
                    length = norm(whole, axis, {.keep = true}, at);
    const IntArray is_zero = equal(length, 0);
    none = logical_or(none, is_zero.reshaped(none.shape()));
    return divide(whole, where(is_zero, 1, length, at), at);
  };
  const Tensor<T> u = direction(left), v = direction(right);
  return where(none, 0, sum(multiply(u, v, at), axis, {}, at), at);
}

#define EBB_INSTANTIATE(T)                                                                \
  template Tensor<T> norm(const Operand<T>&, SourceLocation);                             \
  template Tensor<T> norm(const Operand<T>&, const Axes&, ReduceOptions, SourceLocation); \
  template Tensor<T> cosine_similarity(const Operand<T>&, const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
