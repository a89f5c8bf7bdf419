#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "../autograd/base/error.hpp"
#include "elementwise.h"
#include "new_array.h"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula sigmoid_formula{
    "y = 1 / (1 + e^-x)",
    {"dx = dy y (1 - y)"},
    "The slope is at most 1/4, at x = 0, and fades to nothing where y is near 0 or 1, so that every sigmoid in a chain "
    "shrinks what passes.",
};

template <class T>
Array<T> sigmoid_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::sigmoid, x[0]);
}

template <class T>
void sigmoid_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  if (d.create_graph())
    d.add(0, dy * (sigmoid(x) * sigmoid(-x)));  // 1 - y is sigmoid(-x) to the last digit
  else
    d.add(0, map(&Elementwise<T>::sigmoid_derivative, x, dy));
}

constexpr Formula softplus_formula{
    "y = log(1 + e^x)",
    {"dx = dy sigmoid(x)"},
    "A relu without its kink: the gradient passes nearly whole where x is large and fades smoothly where x is very "
    "negative.",
};

template <class T>
Array<T> softplus_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::softplus, x[0]);
}

template <class T>
void softplus_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  if (d.create_graph())
    d.add(0, dy * sigmoid(x));
  else
    d.add(0, map(&Elementwise<T>::softplus_derivative, x, dy));
}

constexpr Formula relu_formula{
    "y = max(x, 0)",
    {"dx = dy [x > 0]"},
    "A gate that is open or shut: where x > 0 the gradient passes unchanged, elsewhere nothing does, and a unit that "
    "is shut for every input no longer learns.",
};

template <class T>
Array<T> relu_forward(Record<T>& r, Inputs<T> x) {
  r.save_output();
  return map(&Elementwise<T>::relu, x[0]);
}

template <class T>
void relu_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& y = r.output;
  if (d.create_graph())
    d.add(0, where(y <= 0, 0, dy));
  else
    d.add(0, map(&Elementwise<T>::relu_derivative, y, dy));
}

constexpr Formula leaky_relu_formula{
    "y = x where x > 0, else slope x",
    {"dx = dy where x > 0, else slope dy"},
    "Left of the kink the gradient is scaled by the slope instead of cut off, so that a unit there learns slowly "
    "rather than never.",
};

/// The slope left of the kink.
struct LeakyReluAttributes {
  double slope;
  static void visit(auto& self, auto&& field) { field("slope", self.slope); }
};

template <class T>
Array<T> leaky_relu_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::leaky_relu, x[0], static_cast<T>(r.attributes.template as<LeakyReluAttributes>().slope));
}

template <class T>
void leaky_relu_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& x = r.saved[0];
  const double slope = r.attributes.template as<LeakyReluAttributes>().slope;
  if (d.create_graph())
    d.add(0, where(x > 0, dy, slope * dy));
  else
    d.add(0, map(&Elementwise<T>::leaky_relu_derivative, x, dy, static_cast<T>(slope)));
}

/// The input of a gated activation, for the derivative of its gate.
template <class T>
Tensor<T> within_gate_bound(const Tensor<T>& x) {
  return clamp(x, -kernels::gate_bound, kernels::gate_bound);
}

constexpr Formula gelu_formula{
    "y = x Phi(x), Phi(x) = (1 + erf(x/sqrt(2))) / 2",
    {"dx = dy (Phi(x) + x phi(x)), phi(x) = e^(-x^2/2) / sqrt(2 pi)"},
    "A smooth gate: it lets the gradient through where x is large and stops it where x is very negative, with slopes "
    "from -0.13 to 1.13 between.",
};

template <class T>
Array<T> gelu_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::gelu, x[0]);
}

template <class T>
void gelu_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  if (d.create_graph()) {
    const Tensor<T> x = within_gate_bound(r.saved[0]);
    // Phi(x) is gelu(x) / x, which keeps its digits in the lower tail, except around 0.
    const IntArray near_zero = abs(x.detach()) < 1;
    const Tensor<T> far = where(near_zero, 1, x);
    const Tensor<T> distribution = where(near_zero, (1 + erf(x / std::numbers::sqrt2)) / 2, gelu(far) / far);
    const Tensor<T> density = std::numbers::inv_sqrtpi / std::numbers::sqrt2 * exp(square(x) / -2);
    d.add(0, dy * (distribution + x * density));
  } else {
    d.add(0, map(&Elementwise<T>::gelu_derivative, r.saved[0], dy));
  }
}

constexpr Formula gelu_tanh_formula{
    "y = x s, s = (1 + tanh(u)) / 2, u = sqrt(2/pi) (x + 0.044715 x^3)",
    {"dx = dy s (1 + x (1 - s) 2u'), u' = sqrt(2/pi) (1 + 0.134145 x^2)"},
    "The gradient is gated as by gelu, whose slopes this one follows to within 0.001.",
};

template <class T>
Array<T> gelu_tanh_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::gelu_tanh, x[0]);
}

template <class T>
void gelu_tanh_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  if (d.create_graph()) {
    const Tensor<T> x = within_gate_bound(r.saved[0]);
    const double twice_slope = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
    const Tensor<T> twice_u = twice_slope * x * (1 + 0.044715 * square(x));
    const Tensor<T> twice_du = twice_slope * (1 + 3 * 0.044715 * square(x));
    // sigmoid(-2u) is 1 - s to the last digit where s is nearly 1, and so are its derivatives.
    d.add(0, dy * sigmoid(twice_u) * (1 + x * sigmoid(-twice_u) * twice_du));
  } else {
    d.add(0, map(&Elementwise<T>::gelu_tanh_derivative, r.saved[0], dy));
  }
}

constexpr Formula silu_formula{
    "y = x s, s = sigmoid(x)",
    {"dx = dy s (1 + x (1 - s))"},
    "Half of the gradient passes at x = 0 and about all of it where x is large; below x = -1.28 what little passes "
    "has its sign turned.",
};

template <class T>
Array<T> silu_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map(&Elementwise<T>::silu, x[0]);
}

template <class T>
void silu_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  if (d.create_graph()) {
    const Tensor<T> x = within_gate_bound(r.saved[0]);
    d.add(0, dy * sigmoid(x) * (1 + x * sigmoid(-x)));  // 1 - s, and all derivatives of it, to the last digit
  } else {
    d.add(0, map(&Elementwise<T>::silu_derivative, r.saved[0], dy));
  }
}

constexpr Formula softsign_formula{
    "y = x / (1 + |x|)",
    {"dx = dy / (1 + |x|)^2"},
    "A saturating curve as tanh's, with slope 1 at 0, whose tails fade only with the square of x.",
};

template <class T>
T softsign_of(T x) {
  return std::isinf(x) ? std::copysign(T{1}, x) : x / (1 + std::abs(x));
}

template <class T>
Array<T> softsign_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return map_scalar(softsign_of<T>, x[0]);
}

template <class T>
void softsign_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy * square(1 / (1 + abs(r.saved[0]))));
}

}  // namespace

EBB_OP(leaky_relu, leaky_relu_forward<T>, leaky_relu_backward<T>, leaky_relu_formula,
       .attributes = default_attributes<LeakyReluAttributes>)

template <class T>
Tensor<T> leaky_relu(const Operand<T>& x, double slope, SourceLocation at) {
  return apply(Ops<T>::leaky_relu, {&x}, LeakyReluAttributes{slope}, at);
}

template <class T>
Tensor<T> log_sigmoid(const Operand<T>& x, SourceLocation at) {
  return negate(softplus(negate(x, at), at), at);
}

template <class T>
Tensor<T> elu(const Operand<T>& x, double alpha, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const IntArray right = from > 0;
  return where(right, from, multiply(alpha, expm1(where(right, 0, from, at), at), at), at);
}

template <class T>
Tensor<T> mish(const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Tensor<T> gate = tanh(softplus(clamp(from, -kernels::gate_bound, kernels::gate_bound, at), at), at);
  return multiply(maximum(from, -kernels::gate_bound, at), gate, at);
}

template <class T>
Tensor<T> glu(const Operand<T>& x, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const Index half = named("glu", at, [&] {
    const Index extent = from.extent(axis);
    if (extent % 2 != 0) throw Error(fmt::format("axis {} of {} has no two halves", axis, to_string(from.shape())));
    return extent / 2;
  });
  return multiply(slice(from, axis, {0, half}, at), sigmoid(slice(from, axis, {half, 2 * half}, at), at), at);
}

EBB_UNARY(sigmoid)
EBB_UNARY(softplus)
EBB_UNARY(relu)
EBB_UNARY(gelu, .recomputed = true)
EBB_UNARY(gelu_tanh, .recomputed = true)
EBB_UNARY(silu, .recomputed = true)
EBB_UNARY(softsign)

#define EBB_INSTANTIATE(T)                                                  \
  template Tensor<T> leaky_relu(const Operand<T>&, double, SourceLocation); \
  template Tensor<T> log_sigmoid(const Operand<T>&, SourceLocation);        \
  template Tensor<T> elu(const Operand<T>&, double, SourceLocation);        \
  template Tensor<T> mish(const Operand<T>&, SourceLocation);               \
  template Tensor<T> glu(const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
