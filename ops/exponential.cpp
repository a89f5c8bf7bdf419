#include <cmath>
#include <numbers>

#include "elementwise.h"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula exp_formula{
    "y = e^x",
    {"dx = dy y"},
    "The slope is the value itself: the gradient grows as fast as y where x is large, and fades to nothing where x is "
    "very negative.",
};

template <class T>
Array<T> exp_forward(Record<T>& r, Inputs<T> x) {
  r.save_output();
  return map(&Elementwise<T>::exp, x[0]);
}

template <class T>
void exp_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * r.output);
}

constexpr Formula expm1_formula{
    "y = e^x - 1",
    {"dx = dy e^x"},
    "At x = 0 the gradient passes unchanged; to the right it grows exponentially, to the left it fades.",
};

template <class T>
Array<T> expm1_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::expm1, x[0]);
}

template <class T>
void expm1_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * exp(r.saved[0]));
}

constexpr Formula log_formula{
    "y = log(x)",
    {"dx = dy / x"},
    "The gradient is divided by x, so that it explodes as x goes to 0 and fades where x is large.",
};

template <class T>
Array<T> log_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::log, x[0]);
}

template <class T>
void log_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy / r.saved[0]);
}

constexpr Formula log1p_formula{
    "y = log(1 + x)",
    {"dx = dy / (1 + x)"},
    "Near x = 0 the gradient passes almost unchanged; it explodes towards x = -1 and fades where x is large.",
};

template <class T>
Array<T> log1p_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::log1p, x[0]);
}

template <class T>
void log1p_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy / (1 + r.saved[0]));
}

constexpr Formula sqrt_formula{
    "y = sqrt(x)",
    {"dx = dy / (2 y)"},
    "The slope is infinite at x = 0, so that the gradient explodes near it unless something small is added to x first.",
};

template <class T>
Array<T> sqrt_forward(Record<T>& r, Inputs<T> x) {
  r.save_output();
  return map(&Elementwise<T>::sqrt, x[0]);
}

template <class T>
void sqrt_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy / (2 * r.output));
}

constexpr Formula safe_sqrt_formula{
    "y = sqrt(x)",
    {"dx = dy / (2 y), but 0 where y = 0"},
    "At x = 0, where the slope is infinite, nothing passes; close to it the gradient explodes as that of sqrt does.",
};

template <class T>
Array<T> safe_sqrt_forward(Record<T>& r, Inputs<T> x) {
  r.save_output();
  return map(&Elementwise<T>::sqrt, x[0]);
}

// Where y = 0, dy and y are replaced before they meet, so that derivatives of any order are 0 there, and none is NaN.
template <class T>
void safe_sqrt_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const IntArray is_zero = equal(r.output, 0);
  d.add(0, where(is_zero, 0, dy) / (2 * where(is_zero, 1, r.output)));
}

constexpr Formula rsqrt_formula{
    "y = 1 / sqrt(x)",
    {"dx = -dy y^3 / 2"},
    "The gradient turns its sign and goes with the cube of y, so that it explodes near x = 0 and soon fades where x is "
    "large.",
};

template <class T>
Array<T> rsqrt_forward(Record<T>& r, Inputs<T> x) {
  r.save_output();
  return map(&Elementwise<T>::rsqrt, x[0]);
}

template <class T>
void rsqrt_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>& y = r.output;
  if (d.needs(0)) d.add(0, dy / -2 * y * y * y);  // y^3 alone might overflow, or vanish
}

constexpr Formula abs_formula{
    "y = |x|",
    {"dx = dy sign(x)"},
    "The gradient keeps its size and turns its sign where x < 0; only the kink, x = 0, passes nothing.",
};

template <class T>
Array<T> abs_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::abs, x[0]);
}

template <class T>
void abs_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>& x = r.saved[0];
  if (d.needs(0)) d.add(0, where(x > 0, dy, where(x < 0, -dy, x.detach())));  // 0 at 0, and NaN at NaN
}

constexpr Formula log2_formula{
    "y = log(x) / log(2)",
    {"dx = dy / (x log(2))"},
    "As the natural logarithm's, and 1.44 times as large: each doubling of x adds 1.",
};

template <class T>
T log2_of(T x) {
  return std::log2(x);
}

template <class T>
Array<T> log2_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(log2_of<T>, x[0]);
}

template <class T>
void log2_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy / r.saved[0] / std::numbers::ln2);
}

constexpr Formula logaddexp_formula{
    "y = log(e^a + e^b)",
    {"da = dy sigmoid(a - b)", "db = dy sigmoid(b - a)"},
    "A soft maximum: the larger side takes most of the gradient, and equal sides half each (summed over the repeated "
    "axes of one that was broadcast).",
};

template <class T>
T logaddexp_of(T a, T b) {
  const T largest = a < b ? b : a;
  return a == b && std::isinf(a) ? a : largest + std::log1p(std::exp(-std::abs(a - b)));
}

template <class T>
Array<T> logaddexp_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  return broadcast<T, logaddexp_of<T>>(x[0], x[1]);
}

template <class T>
void logaddexp_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&a = r.saved[0], &b = r.saved[1];
  const Tensor<T> apart = a - b;
  // Of two equal infinities the difference is NaN, and each gets half; but NaN stays NaN.
  const Tensor<T> known = where(equal(apart, apart), apart, where(equal(a, b), 0, apart));
  if (d.needs(0)) d.add(0, sum_to(dy * sigmoid(known), d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(dy * sigmoid(-known), d.shape(1)));
}

}  // namespace

EBB_OP(logaddexp, logaddexp_forward<T>, logaddexp_backward<T>, logaddexp_formula)

template <class T>
Tensor<T> logaddexp(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::logaddexp, {&a, &b}, {}, at);
}

template Tensor<float> logaddexp(const Operand<float>&, const Operand<float>&, SourceLocation);
template Tensor<double> logaddexp(const Operand<double>&, const Operand<double>&, SourceLocation);

EBB_UNARY(exp)
EBB_UNARY(expm1)
EBB_UNARY(log)
EBB_UNARY(log1p)
EBB_UNARY(sqrt)
EBB_UNARY(safe_sqrt)
EBB_UNARY(rsqrt)
EBB_UNARY(abs)
EBB_UNARY(log2)

}  // namespace ebb
