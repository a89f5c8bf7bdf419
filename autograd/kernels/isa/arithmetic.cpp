#include "arithmetic.h"

#include <cmath>

#include "simd.h"

// Plain loops, which the compiler turns into vectors of this instruction set.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// An operand that has one value for all elements.
template <class T>
struct Fixed {
  T value;
  T operator[](Index) const { return value; }
};

template <auto f, class Y, class... X>
void loop(Index n, Y* y, X... x) {
  for (Index i = 0; i < n; ++i) y[i] = f(x[i]...);
}

/// y[i] = f(a[i], b[i]). The usual steps are written out, so that the compiler can make vectors of their loops.
template <class T, auto f, class Y>
void each(Index n, Y* y, Strided<T> a, Strided<T> b) {
  if (a.step == 1 && b.step == 1)
    loop<f>(n, y, a.data, b.data);
  else if (a.step == 1 && b.step == 0)
    loop<f>(n, y, a.data, Fixed<T>{*b.data});
  else if (a.step == 0 && b.step == 1)
    loop<f>(n, y, Fixed<T>{*a.data}, b.data);
  else
    loop<f>(n, y, a, b);
}

template <class T>
T add(T a, T b) {
  return a + b;
}
template <class T>
T subtract(T a, T b) {
  return a - b;
}
template <class T>
T multiply(T a, T b) {
  return a * b;
}
template <class T>
T divide(T a, T b) {
  return a / b;
}
template <class T>
T power(T a, T b) {
  return std::pow(a, b);
}

// A comparison with NaN is false: hence the second one, which lets a NaN on either side through.
template <class T>
T minimum(T a, T b) {
  return b < a || b != b ? b : a;
}
template <class T>
T maximum(T a, T b) {
  return b > a || b != b ? b : a;
}

template <class T>
std::int32_t less(T a, T b) {
  return a < b;
}
template <class T>
std::int32_t less_equal(T a, T b) {
  return a <= b;
}
template <class T>
std::int32_t equal(T a, T b) {
  return a == b;
}

template <class T>
T choose(std::int32_t mask, T a, T b) {
  return mask != 0 ? a : b;
}

template <class T>
void where(Index n, T* y, Strided<std::int32_t> mask, Strided<T> a, Strided<T> b) {
  if (mask.step == 1 && a.step == 1 && b.step == 0)
    loop<choose<T>>(n, y, mask.data, a.data, Fixed<T>{*b.data});
  else
    loop<choose<T>>(n, y, mask, a, b);
}

template <class T>
T itself(T x) {
  return x;
}

template <class T>
void copy(Index n, T* y, Strided<T> x) {
  if (x.step == 1)
    loop<itself<T>>(n, y, x.data);
  else if (x.step == 0)
    loop<itself<T>>(n, y, Fixed<T>{*x.data});
  else
    loop<itself<T>>(n, y, x);
}

template <class T>
constexpr ArithmeticKernels<T> arithmetic_kernels{
    .add = each<T, add<T>>,
    .subtract = each<T, subtract<T>>,
    .multiply = each<T, multiply<T>>,
    .divide = each<T, divide<T>>,
    .power = each<T, power<T>>,
    .minimum = each<T, minimum<T>>,
    .maximum = each<T, maximum<T>>,
    .less = each<T, less<T>>,
    .less_equal = each<T, less_equal<T>>,
    .equal = each<T, equal<T>>,
    .where = where<T>,
    .copy = copy<T>,
};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(ArithmeticKernels, EBB_ISA::arithmetic_kernels)

}  // namespace ebb::kernels
