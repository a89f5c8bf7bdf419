#include <cmath>

#include "elementwise.h"

namespace ebb EBB_PUBLIC {

namespace {

/// 1 - x^2. Near 1 its digits are those of 1 - x, near 0 its slope is that of x^2.
template <class T>
Tensor<T> one_minus_square(const Tensor<T>& x) {
  return where(abs(x.detach()) < 0.5, 1 - square(x), (1 - x) * (1 + x));
}

/// 1 / (1 + x^2); beyond 1 it is made of 1 / x, whose square does not overflow.
template <class T>
Tensor<T> atan_slope(const Tensor<T>& x) {
  const IntArray near = abs(x.detach()) <= 1;
  const Tensor<T> small = square(where(near, x, 0)), inverse = square(1 / where(near, 1, x));
  return where(near, 1 / (1 + small), inverse / (1 + inverse));
}

constexpr Formula asin_formula{
    "y = asin(x)",
    {"dx = dy / sqrt(1 - x^2)"},
    "At x = 0 the gradient passes unchanged; it explodes towards -1 and 1, where the curve ends upright.",
};

template <class T>
T asin_of(T x) {
  return std::asin(x);
}

template <class T>
Array<T> asin_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(asin_of<T>, x[0]);
}

template <class T>
void asin_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * rsqrt(one_minus_square(r.saved[0])));
}

constexpr Formula acos_formula{
    "y = acos(x)",
    {"dx = -dy / sqrt(1 - x^2)"},
    "As asin's with the sign turned: it explodes towards -1 and 1, where the curve ends upright.",
};

template <class T>
T acos_of(T x) {
  return std::acos(x);
}

template <class T>
Array<T> acos_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(acos_of<T>, x[0]);
}

template <class T>
void acos_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, -dy * rsqrt(one_minus_square(r.saved[0])));
}

constexpr Formula atan_formula{
    "y = atan(x)",
    {"dx = dy / (1 + x^2)"},
    "At x = 0 the gradient passes unchanged; far out it fades with the square of x, more slowly than tanh's.",
};

template <class T>
T atan_of(T x) {
  return std::atan(x);
}

template <class T>
Array<T> atan_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(atan_of<T>, x[0]);
}

template <class T>
void atan_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * atan_slope(r.saved[0]));
}

constexpr Formula atan2_formula{
    "y = the angle of the point (b, a)",
    {"da = dy b / (a^2 + b^2), but 0 at the origin", "db = -dy a / (a^2 + b^2), but 0 at the origin"},
    "Only a step across the ray turns the angle, and the more the nearer the point is to the origin, where the "
    "gradient "
    "explodes (summed over the repeated axes of one that was broadcast).",
};

template <class T>
T atan2_of(T a, T b) {
  return std::atan2(a, b);
}

template <class T>
Array<T> atan2_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  return broadcast<T, atan2_of<T>>(x[0], x[1]);
}

// In units of the larger side, whose square neither overflows nor vanishes; it is a constant here.
template <class T>
void atan2_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const IntArray is_origin = logical_and(equal(r.saved[0], 0), equal(r.saved[1], 0));
  const Tensor<T> scale = common_scale(r.saved[0], r.saved[1]), passed = where(is_origin, 0, dy);
  const Tensor<T> a = r.saved[0] / scale, b = r.saved[1] / scale;
  const Tensor<T> squares = where(is_origin, 1, square(a) + square(b));
  if (d.needs(0)) d.add(0, sum_to(passed * (b / squares / scale), d.shape(0)));
  if (d.needs(1)) d.add(1, -sum_to(passed * (a / squares / scale), d.shape(1)));
}

}  // namespace

EBB_UNARY(asin)
EBB_UNARY(acos)
EBB_UNARY(atan)
EBB_OP(atan2, atan2_forward<T>, atan2_backward<T>, atan2_formula)

template <class T>
Tensor<T> atan2(const Operand<T>& y, const Operand<T>& x, SourceLocation at) {
  return apply(Ops<T>::atan2, {&y, &x}, {}, at);
}

template Tensor<float> atan2(const Operand<float>&, const Operand<float>&, SourceLocation);
template Tensor<double> atan2(const Operand<double>&, const Operand<double>&, SourceLocation);

}  // namespace ebb
