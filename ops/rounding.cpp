#include <cmath>

#include "elementwise.h"

namespace ebb EBB_PUBLIC {

namespace {

/// The derivative of a step function: nothing is added to the adjoint of its input.
template <class T>
void step_backward(const Record<T>&, const Tensor<T>&, Adjoints<T>&) {}

constexpr Formula sign_formula{
    "y = -1, 0 or 1, by the sign of x",
    {"dx = 0"},
    "Flat on both sides of its step: no gradient passes, and what comes before it does not learn.",
};
constexpr Formula floor_formula{
    "y = the largest whole number up to x",
    {"dx = 0"},
    "A staircase is flat between its steps, so that no gradient passes.",
};
constexpr Formula ceil_formula{
    "y = the smallest whole number from x on",
    {"dx = 0"},
    "As for floor, no gradient passes: between two steps the result does not change.",
};
constexpr Formula round_formula{
    "y = the whole number nearest to x, of two the even one",
    {"dx = 0"},
    "What is rounded passes no gradient; x + (round(x) - x).detach() would pass it unchanged (the straight-through "
    "estimator, Bengio et al. 2013).",
};

template <class T>
T sign_of(T x) {
  return x > 0 ? T{1} : x < 0 ? T{-1} : x;  // 0 and NaN stay what they are
}
template <class T>
T floor_of(T x) {
  return std::floor(x);
}
template <class T>
T ceil_of(T x) {
  return std::ceil(x);
}
template <class T>
T round_of(T x) {
  return std::nearbyint(x);
}

template <class T, T (*f)(T)>
Array<T> step_forward(Record<T>&, Inputs<T> x) {
  return map_scalar(f, x[0]);
}

}  // namespace

EBB_OP(sign, (step_forward<T, sign_of<T>>), step_backward<T>, sign_formula)
EBB_OP(floor, (step_forward<T, floor_of<T>>), step_backward<T>, floor_formula)
EBB_OP(ceil, (step_forward<T, ceil_of<T>>), step_backward<T>, ceil_formula)
EBB_OP(round, (step_forward<T, round_of<T>>), step_backward<T>, round_formula)

#define EBB_STEP(op)                                                \
  template <class T>                                                \
  Tensor<T> op(const Operand<T>& x, SourceLocation at) {            \
    return apply(Ops<T>::op, {&x}, {}, at);                         \
  }                                                                 \
  template Tensor<float> op(const Operand<float>&, SourceLocation); \
  template Tensor<double> op(const Operand<double>&, SourceLocation);
EBB_STEP(sign)
EBB_STEP(floor)
EBB_STEP(ceil)
EBB_STEP(round)

}  // namespace ebb
