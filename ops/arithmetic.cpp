#include <cmath>

#include "elementwise.h"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula add_formula{
    "y = a + b",
    {"da = dy", "db = dy"},
    "Both inputs get the whole gradient (summed over the repeated axes of one that was broadcast), which is how a "
    "residual connection carries it past a layer undiminished.",
};

template <class T>
Array<T> add_forward(Record<T>&, Inputs<T> x) {
  return broadcast(&Arithmetic<T>::add, x[0], x[1]);
}

template <class T>
void add_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, sum_to(dy, d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(dy, d.shape(1)));
}

constexpr Formula subtract_formula{
    "y = a - b",
    {"da = dy", "db = -dy"},
    "Both inputs get the gradient at its full size, b with the sign turned (summed over the repeated axes of one that "
    "was broadcast).",
};

template <class T>
Array<T> subtract_forward(Record<T>&, Inputs<T> x) {
  return broadcast(&Arithmetic<T>::subtract, x[0], x[1]);
}

template <class T>
void subtract_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, sum_to(dy, d.shape(0)));
  if (d.needs(1)) d.add(1, -sum_to(dy, d.shape(1)));
}

constexpr Formula multiply_formula{
    "y = a b",
    {"da = dy b", "db = dy a"},
    "Each factor's gradient is scaled by the other factor, so that a small one makes it fade and 0 cuts it (summed "
    "over the repeated axes of one that was broadcast).",
};

// With one tensor for both inputs this is `square`: both derivatives reach it, 2 dy a in sum.
template <class T>
Array<T> multiply_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  return broadcast(&Arithmetic<T>::multiply, x[0], x[1]);
}

template <class T>
void multiply_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&a = r.saved[0], &b = r.saved[1];
  const bool is_square = r.inputs[0] == r.inputs[1];
  if (is_square && !d.create_graph()) return d.add(0, map(&Elementwise<T>::square_derivative, a, dy));
  if (d.needs(0)) d.add(0, sum_to(dy * b, d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(dy * a, d.shape(1)));
}

constexpr Formula divide_formula{
    "y = a / b",
    {"da = dy / b", "db = -dy a / b^2"},
    "A small divisor makes both gradients grow, its own by the square, and a large one makes them fade (summed over "
    "the repeated axes of one that was broadcast).",
};

template <class T>
Array<T> divide_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[1]);
  r.save_output();
  return broadcast(&Arithmetic<T>::divide, x[0], x[1]);
}

template <class T>
void divide_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T> da = dy / r.saved[0];
  if (d.needs(0)) d.add(0, sum_to(da, d.shape(0)));
  if (d.needs(1)) d.add(1, -sum_to(da * r.output, d.shape(1)));  // b^2 might overflow, or vanish
}

constexpr Formula negate_formula{
    "y = -x",
    {"dx = -dy"},
    "The gradient turns its sign, and neither grows nor fades.",
};

template <class T>
Array<T> negate_forward(Record<T>&, Inputs<T> x) {
  return map(&Elementwise<T>::negate, x[0]);
}

template <class T>
void negate_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, -dy);
}

constexpr Formula power_formula{
    "y = x^p for a number p",
    {"dx = dy p x^(p-1)"},
    "For p > 1 the gradient fades where x is near 0 and grows with |x|; for p < 1 it is the other way round, and p = 0 "
    "passes nothing.",
};

/// The number p of the formula.
struct PowerAttributes {
  double exponent;
  static void visit(auto& self, auto&& field) { field("exponent", self.exponent); }
};

template <class T>
Array<T> power_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  const Tensor<T> p = full<T>({}, r.attributes.template as<PowerAttributes>().exponent);
  return broadcast(&Arithmetic<T>::power, x[0], p);
}

template <class T>
void power_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const double p = r.attributes.template as<PowerAttributes>().exponent;
  if (p == 0) return;  // a constant, at x = 0 as well
  if (d.needs(0)) d.add(0, dy * (p * power(r.saved[0], p - 1)));
}

constexpr Formula tensor_power_formula{
    "y = a^b",
    {"da = dy b a^(b-1), but 0 where a = b = 0", "db = dy y log(a), but 0 where a = 0 <= b"},
    "The base's gradient follows the power rule, the exponent's goes with log(a), which is 0 at a = 1 and NaN for a "
    "negative base (each summed over the repeated axes of one that was broadcast).",
};

template <class T>
Array<T> tensor_power_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  r.save_output();
  return broadcast(&Arithmetic<T>::power, x[0], x[1]);
}

template <class T>
void tensor_power_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&a = r.saved[0], &b = r.saved[1];
  const IntArray a_is_zero = equal(a, 0);
  if (d.needs(0)) {
    const Tensor<T> base = where(a_is_zero, where(equal(b, 0), 1, a), a);  // 0 0^-1 would be NaN
    d.add(0, sum_to(dy * (b * power(base, b - 1)), d.shape(0)));
  }
  // log(0) would make NaN of 0; only where a negative power of it is infinite, so is the derivative.
  if (d.needs(1)) d.add(1, sum_to(dy * (r.output * log(where(a_is_zero, where(b < 0, a, 1), a))), d.shape(1)));
}

constexpr Formula hypot_formula{
    "y = sqrt(a^2 + b^2)",
    {"da = dy a / y, but 0 where y = 0", "db = dy b / y, but 0 where y = 0"},
    "The gradient is shared out along the direction of (a, b): its size stays, and the larger side gets more (summed "
    "over the repeated axes of one that was broadcast).",
};

template <class T>
T hypot_of(T a, T b) {
  return std::hypot(a, b);
}

template <class T>
Array<T> hypot_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  return broadcast<T, hypot_of<T>>(x[0], x[1]);
}

// a / y does not depend on the scale, which is a constant here: neither overflows.
template <class T>
void hypot_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const IntArray is_zero = logical_and(equal(r.saved[0], 0), equal(r.saved[1], 0));
  const Tensor<T> scale = common_scale(r.saved[0], r.saved[1]), passed = where(is_zero, 0, dy);
  const Tensor<T> a = r.saved[0] / scale, b = r.saved[1] / scale;
  const Tensor<T> length = hypot(where(is_zero, 1, a), b);
  if (d.needs(0)) d.add(0, sum_to(passed * (a / length), d.shape(0)));
  if (d.needs(1)) d.add(1, sum_to(passed * (b / length), d.shape(1)));
}

}  // namespace

EBB_OP(add, add_forward<T>, add_backward<T>, add_formula)
EBB_OP(subtract, subtract_forward<T>, subtract_backward<T>, subtract_formula)
EBB_OP(multiply, multiply_forward<T>, multiply_backward<T>, multiply_formula)
EBB_OP(divide, divide_forward<T>, divide_backward<T>, divide_formula)
EBB_OP(power, power_forward<T>, power_backward<T>, power_formula, .attributes = default_attributes<PowerAttributes>)
EBB_OP(tensor_power, tensor_power_forward<T>, tensor_power_backward<T>, tensor_power_formula)
EBB_OP(hypot, hypot_forward<T>, hypot_backward<T>, hypot_formula)

template <class T>
Tensor<T> add(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::add, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> subtract(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::subtract, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> multiply(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::multiply, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> divide(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::divide, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> power(const Operand<T>& x, double exponent, SourceLocation at) {
  return apply(Ops<T>::power, {&x}, PowerAttributes{exponent}, at);
}

template <class T>
Tensor<T> power(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::tensor_power, {&a, &b}, {}, at);
}

template <class T>
Tensor<T> square(const Operand<T>& x, SourceLocation at) {
  return multiply(x, x, at);
}

template <class T>
Tensor<T> hypot(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  return apply(Ops<T>::hypot, {&a, &b}, {}, at);
}

EBB_UNARY(negate)

#define EBB_INSTANTIATE(T)                                                           \
  template Tensor<T> add(const Operand<T>&, const Operand<T>&, SourceLocation);      \
  template Tensor<T> subtract(const Operand<T>&, const Operand<T>&, SourceLocation); \
  template Tensor<T> multiply(const Operand<T>&, const Operand<T>&, SourceLocation); \
  template Tensor<T> divide(const Operand<T>&, const Operand<T>&, SourceLocation);   \
  template Tensor<T> power(const Operand<T>&, double, SourceLocation);               \
  template Tensor<T> power(const Operand<T>&, const Operand<T>&, SourceLocation);    \
  template Tensor<T> hypot(const Operand<T>&, const Operand<T>&, SourceLocation);    \
  template Tensor<T> square(const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
