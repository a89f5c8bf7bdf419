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

}  // namespace

EBB_UNARY(exp)
EBB_UNARY(expm1)
EBB_UNARY(log)
EBB_UNARY(log1p)
EBB_UNARY(sqrt)
EBB_UNARY(rsqrt)
EBB_UNARY(abs)

}  // namespace ebb
