#include <cmath>
#include <numbers>

#include "elementwise.h"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula sin_formula{
    "y = sin(x)",
    {"dx = dy cos(x)"},
    "The slope swings between -1 and 1, so that the gradient never grows, and is stopped at the crests of the wave.",
};

template <class T>
Array<T> sin_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::sin, x[0]);
}

template <class T>
void sin_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * cos(r.saved[0]));
}

constexpr Formula cos_formula{
    "y = cos(x)",
    {"dx = -dy sin(x)"},
    "At x = 0, a crest, nothing passes; where the wave crosses 0 the gradient passes whole, its sign turned on the "
    "falling side.",
};

template <class T>
Array<T> cos_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::cos, x[0]);
}

template <class T>
void cos_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, -dy * sin(r.saved[0]));
}

template <class T>
Tensor<T> tanh_slope(const Tensor<T>& x);

constexpr Formula tanh_formula{
    "y = tanh(x)",
    {"dx = dy (1 - y^2)"},
    "The slope is 1 - y^2: 1 at 0, and next to nothing where |y| is near 1, so that a saturated unit lets little "
    "through.",
};

template <class T>
Array<T> tanh_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::tanh, x[0]);
}

template <class T>
void tanh_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  if (d.create_graph())
    d.add(0, dy * tanh_slope(x));
  else
    d.add(0, map(&Elementwise<T>::tanh_derivative, x, dy));
}

// An op of its own, and from x: 1 - tanh(x)^2 is noise where tanh(x) is nearly 1.
constexpr Formula tanh_slope_formula{
    "y = 1 - tanh(x)^2, the derivative of tanh",
    {"dx = dy (-2 tanh(x) y)"},
    "A bell, flat at x = 0, where no gradient passes, and far out, where the slope of tanh is nothing anyway; most "
    "passes at |x| = 0.66.",
};

template <class T>
Array<T> tanh_slope_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save_output();
  return map(&Elementwise<T>::tanh_slope, x[0]);
}

template <class T>
void tanh_slope_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, -2 * dy * tanh(r.saved[0]) * r.output);
}

template <class T>
Tensor<T> tanh_slope(const Tensor<T>& x) {
  return apply(Ops<T>::tanh_slope, {&x}, {}, SourceLocation::current());
}

constexpr Formula erf_formula{
    "y = erf(x)",
    {"dx = dy 2/sqrt(pi) e^(-x^2)"},
    "The slope is a bell, 1.13 at x = 0, whose tails fall faster than tanh's, so that a saturated unit is cut off even "
    "more.",
};

template <class T>
Array<T> erf_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::erf, x[0]);
}

template <class T>
void erf_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * (2 * std::numbers::inv_sqrtpi * exp(-square(r.saved[0]))));
}

constexpr Formula tan_formula{
    "y = tan(x)",
    {"dx = dy (1 + y^2)"},
    "The slope is 1 at x = 0 and never less: the gradient grows without bound towards the poles.",
};

template <class T>
T tan_of(T x) {
  return std::tan(x);
}

template <class T>
Array<T> tan_forward(Record<T>& r, Inputs<T> x) {
  r.save_output();
  return map_scalar(tan_of<T>, x[0]);
}

template <class T>
void tan_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * (1 + square(r.output)));
}

constexpr Formula sinh_formula{
    "y = (e^x - e^-x) / 2",
    {"dx = dy cosh(x)"},
    "The slope is 1 at x = 0, and grows exponentially to either side.",
};

template <class T>
T sinh_of(T x) {
  return std::sinh(x);
}

template <class T>
Array<T> sinh_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(sinh_of<T>, x[0]);
}

template <class T>
void sinh_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * cosh(r.saved[0]));
}

constexpr Formula cosh_formula{
    "y = (e^x + e^-x) / 2",
    {"dx = dy sinh(x)"},
    "At x = 0, the bottom, nothing passes; the slope grows exponentially to either side, with the sign of x.",
};

template <class T>
T cosh_of(T x) {
  return std::cosh(x);
}

template <class T>
Array<T> cosh_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(cosh_of<T>, x[0]);
}

template <class T>
void cosh_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * sinh(r.saved[0]));
}

}  // namespace

EBB_UNARY(sin)
EBB_UNARY(cos)
EBB_UNARY(tanh)
EBB_OP(tanh_slope, tanh_slope_forward<T>, tanh_slope_backward<T>, tanh_slope_formula)
EBB_UNARY(erf)
EBB_UNARY(tan)
EBB_UNARY(sinh)
EBB_UNARY(cosh)

}  // namespace ebb
