#include "../autograd/kernels/reduction.h"
#include "../autograd/op.hpp"
#include "families.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
Tensor<T> cumulate(const Operand<T>& x, int axis, bool reversed, SourceLocation at = SourceLocation::current());

constexpr Formula cumulative_sum_formula{
    "y[j] = x[0] + ... + x[j] along an axis; from the end: x[j] + ... + x[n - 1]",
    {"dx = dy, summed along the axis the other way round"},
    "An early element is part of every later sum and gets the gradients of them all, so that they pile up where the "
    "summing began.",
};

// The axis is in integers[0]; numbers[0] says whether to sum from the end.
template <class T>
Array<T> cumulative_sum_forward(Record<T>& r, Inputs<T> x) {
  const int axis = x[0].shape().normalized(static_cast<int>(r.attributes.integers[0]));
  Array<T> y(x[0].shape());
  kernels::cumulative_sum(y.shape(), axis, r.attributes.numbers[0] != 0, x[0].data(), y.mutable_data());
  return y;
}

template <class T>
void cumulative_sum_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, cumulate(dy, static_cast<int>(r.attributes.integers[0]), r.attributes.numbers[0] == 0));
}

template <class T>
constexpr Op<T> cumulative_sum_op{"cumulative_sum", cumulative_sum_forward<T>, cumulative_sum_backward<T>,
                                  cumulative_sum_formula};

template <class T>
Tensor<T> cumulate(const Operand<T>& x, int axis, bool reversed, SourceLocation at) {
  return apply(cumulative_sum_op<T>, {&x}, {.integers = axis, .numbers = {reversed ? 1.0 : 0.0}}, at);
}

}  // namespace

template <class T>
Tensor<T> cumulative_sum(const Operand<T>& x, int axis, SourceLocation at) {
  return cumulate(x, axis, false, at);
}

#define EBB_INSTANTIATE(T) template Tensor<T> cumulative_sum(const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

EBB_FAMILY(cumulative, &cumulative_sum_op<T>)
