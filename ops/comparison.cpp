#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/scope.hpp"
#include "elementwise.h"

namespace ebb EBB_PUBLIC {

namespace {

/// A mask is a constant: comparing a parameter puts nothing on the tape.
template <class T>
IntArray compare(const char* name, typename Arithmetic<T>::Comparison* Arithmetic<T>::*kernel, const Operand<T>& a,
                 const Operand<T>& b, SourceLocation at) {
  const NoRecording off;
  const Tensor<T> left = a.tensor(at), right = b.tensor(at);
  try {
    if (!left.defined() || !right.defined()) throw Error("an input is undefined (an empty tensor or parameter)");
    return broadcast(kernel, left, right);
  } catch (const Error& error) {
    throw error_in(name, error.what(), at);
  }
}

constexpr Formula where_formula{
    "y = a where the mask is not 0, else b",
    {"da = dy where the mask is not 0, else 0", "db = dy where the mask is 0, else 0"},
    "The mask routes each element's gradient to the side that was chosen, and the other gets nothing (summed over the "
    "repeated axes of one that was broadcast).",
};

/// The mask that chooses.
struct WhereAttributes {
  IntArray mask;
  static void visit(auto& self, auto&& field) { field("mask", self.mask); }
};

template <class T>
Array<T> where_forward(Record<T>& r, Inputs<T> x) {
  const IntArray& mask = r.attributes.template as<WhereAttributes>().mask;
  if (!mask.defined()) throw Error("the mask is undefined");
  const Tensor<T>&a = x[0], &b = x[1];
  Array<T> y(broadcast_shape(mask.shape(), broadcast_shape(a.shape(), b.shape())));
  kernels::broadcast(kernels::chosen<Arithmetic<T>>().where, y, mask, a.value(), b.value());
  return y;
}

template <class T>
void where_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const IntArray& mask = r.attributes.template as<WhereAttributes>().mask;
  if (d.needs(0)) d.add(0, sum_to(where(mask, dy, 0), d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(where(mask, 0, dy), d.shape(1)));
}

/// The part of dy that goes to a side of minimum or maximum: none where the side `loses`, half where both are equal.
/// Next to NaN nothing loses, so that both learn of it.
template <class T>
Tensor<T> share(const IntArray& loses, const IntArray& equals, const Tensor<T>& dy) {
  return where(loses, 0, where(equals, dy / 2, dy));
}

constexpr Formula minimum_formula{
    "y = min(a, b)",
    {"da = dy [a < b] + dy/2 [a = b]", "db = dy [b < a] + dy/2 [a = b]"},
    "The smaller side takes the gradient and the larger learns nothing; equal sides take half each (summed over the "
    "repeated axes of one that was broadcast).",
};

template <class T>
Array<T> minimum_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  return broadcast(&Arithmetic<T>::minimum, x[0], x[1]);
}

template <class T>
void minimum_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&a = r.saved[0], &b = r.saved[1];
  if (d.needs(0)) d.add(0, sum_to(share(b < a, equal(a, b), dy), d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(share(a < b, equal(a, b), dy), d.shape(1)));
}

constexpr Formula maximum_formula{
    "y = max(a, b)",
    {"da = dy [a > b] + dy/2 [a = b]", "db = dy [b > a] + dy/2 [a = b]"},
    "The winner takes it all: the gradient goes to the larger side, halved between equals (summed over the repeated "
    "axes of one that was broadcast).",
};

template <class T>
Array<T> maximum_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  return broadcast(&Arithmetic<T>::maximum, x[0], x[1]);
}

template <class T>
void maximum_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&a = r.saved[0], &b = r.saved[1];
  if (d.needs(0)) d.add(0, sum_to(share(b > a, equal(a, b), dy), d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(share(a > b, equal(a, b), dy), d.shape(1)));
}

constexpr Formula clamp_formula{
    "y = min(max(x, low), high)",
    {"dx = dy [low < x < high]"},
    "Between the bounds the gradient passes unchanged, at them and beyond it is cut, so that nothing draws a clamped "
    "value back.",
};

/// The bounds.
struct ClampAttributes {
  double low;
  double high;
  static void visit(auto& self, auto&& field) { field("low", self.low), field("high", self.high); }
};

template <class T>
Array<T> clamp_forward(Record<T>& r, Inputs<T> x) {
  const auto [low, high] = r.attributes.template as<ClampAttributes>();
  if (!(low <= high)) throw Error(fmt::format("there is nothing between the bounds {} and {}", low, high));
  r.save(x[0]);
  return map(&Elementwise<T>::clamp, x[0], static_cast<T>(low), static_cast<T>(high));
}

template <class T>
void clamp_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>& x = r.saved[0];
  const auto [low, high] = r.attributes.template as<ClampAttributes>();
  if (d.needs(0)) d.add(0, where(x <= low, 0, where(x >= high, 0, dy)));  // all of it at NaN
}

}  // namespace

EBB_OP(where, where_forward<T>, where_backward<T>, where_formula, .attributes = default_attributes<WhereAttributes>)
EBB_OP(minimum, minimum_forward<T>, minimum_backward<T>, minimum_formula)
EBB_OP(maximum, maximum_forward<T>, maximum_backward<T>, maximum_formula)
EBB_OP(clamp, clamp_forward<T>, clamp_backward<T>, clamp_formula, .attributes = default_attributes<ClampAttributes>)

template <class T>
IntArray less(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return compare("less", &Arithmetic<T>::less, a, b, at);
}

template <class T>
IntArray less_equal(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return compare("less_equal", &Arithmetic<T>::less_equal, a, b, at);
}

template <class T>
IntArray equal(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return compare("equal", &Arithmetic<T>::equal, a, b, at);
}

template <class T>
Tensor<T> where(const IntArray& mask, const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::where, {&a, &b}, WhereAttributes{mask}, at);
}

template <class T>
Tensor<T> minimum(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::minimum, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> maximum(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::maximum, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> clamp(const Operand<T>& x, double low, double high, SourceLocation at) {
  return apply(Ops<T>::clamp, {&x}, ClampAttributes{low, high}, at);
}

template <class T>
Tensor<T> minimum(const Operand<T>& a, double b, SourceLocation at) {
  return minimum<T>(a, Tensor<T>(Array<T>(Shape{}, static_cast<T>(b))), at);
}

template <class T>
Tensor<T> maximum(const Operand<T>& a, double b, SourceLocation at) {
  return maximum<T>(a, Tensor<T>(Array<T>(Shape{}, static_cast<T>(b))), at);
}

#define EBB_INSTANTIATE(T)                                                                         \
  template IntArray less(const Operand<T>&, const Operand<T>&, SourceLocation);                    \
  template IntArray less_equal(const Operand<T>&, const Operand<T>&, SourceLocation);              \
  template IntArray equal(const Operand<T>&, const Operand<T>&, SourceLocation);                   \
  template Tensor<T> where(const IntArray&, const Operand<T>&, const Operand<T>&, SourceLocation); \
  template Tensor<T> minimum(const Operand<T>&, const Operand<T>&, SourceLocation);                \
  template Tensor<T> maximum(const Operand<T>&, const Operand<T>&, SourceLocation);                \
  template Tensor<T> minimum(const Operand<T>&, double, SourceLocation);                           \
  template Tensor<T> maximum(const Operand<T>&, double, SourceLocation);                           \
  template Tensor<T> clamp(const Operand<T>&, double, double, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
