#include "../autograd/kernels/softmax.h"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "families.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

// Both ops keep the axis in `integers`; softmax keeps its mask, if any, in `indices`.
template <class T>
int axis_of(const Record<T>& r) {
  return static_cast<int>(r.attributes.integers[0]);
}

template <class T>
const kernels::SoftmaxKernels<T>& softmax_kernels() {
  return kernels::chosen<kernels::SoftmaxKernels<T>>();
}

constexpr Formula softmax_formula{
    "y = e^x / sum(e^x) along an axis, over what a mask allows, else 0",
    {"dx = y (dy - sum(dy y))"},
    "Elements of a row compete: each gets its gradient less the row's weighted mean, times y, so that a row that is "
    "nearly one-hot lets next to nothing through.",
};

template <class T>
Array<T> softmax_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const int axis = shape.normalized(axis_of(r));
  const IntArray& mask = r.attributes.indices;
  Array<T> y(shape);
  if (!mask.defined()) {
    kernels::along_axis(softmax_kernels<T>().softmax, shape, axis, y.mutable_data(), x[0].data());
  } else {
    if (!broadcasts_to(mask.shape(), shape))
      throw Error(
          fmt::format("a mask of shape {} does not broadcast to {}", to_string(mask.shape()), to_string(shape)));
    kernels::masked_softmax(shape, axis, x[0].data(), mask.shape(), mask.data(), y.mutable_data());
  }
  r.save_output();
  return y;
}

template <class T>
void softmax_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& y = r.output;
  if (d.create_graph()) {
    d.add(0, y * (dy - sum_to(dy * y, y.shape().with(axis_of(r), 1))));
  } else {
    Array<T> dx(y.shape());
    kernels::along_axis(softmax_kernels<T>().softmax_derivative, y.shape(), axis_of(r), dx.mutable_data(), y.data(),
                        dy.data());
    d.add(0, dx);
  }
}

constexpr Formula log_softmax_formula{
    "y = x - log(sum(e^x)) along an axis",
    {"dx = dy - e^y sum(dy)"},
    "Each element keeps its own gradient and pays its share e^y of the row's total, so that even an element whose e^y "
    "is next to 0 still learns.",
};

template <class T>
Array<T> log_softmax_forward(Record<T>& r, Inputs<T> x) {
  Array<T> y(x[0].shape());
  kernels::along_axis(softmax_kernels<T>().log_softmax, y.shape(), axis_of(r), y.mutable_data(), x[0].data());
  r.save_output();
  return y;
}

template <class T>
void log_softmax_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& y = r.output;
  if (d.create_graph()) {
    d.add(0, dy - exp(y) * sum_to(dy, y.shape().with(axis_of(r), 1)));
  } else {
    Array<T> dx(y.shape());
    kernels::along_axis(softmax_kernels<T>().log_softmax_derivative, y.shape(), axis_of(r), dx.mutable_data(), y.data(),
                        dy.data());
    d.add(0, dx);
  }
}

template <class T>
constexpr Op<T> softmax_op{"softmax", softmax_forward<T>, softmax_backward<T>, softmax_formula};
template <class T>
constexpr Op<T> log_softmax_op{"log_softmax", log_softmax_forward<T>, log_softmax_backward<T>, log_softmax_formula};

}  // namespace

template <class T>
Tensor<T> softmax(const Operand<T>& x, int axis, SourceLocation at) {
  return apply(softmax_op<T>, {&x}, {.integers = axis}, at);
}

template <class T>
Tensor<T> softmax(const Operand<T>& x, const IntArray& mask, int axis, SourceLocation at) {
  return apply(softmax_op<T>, {&x}, {.integers = axis, .indices = mask}, at);
}

template <class T>
Tensor<T> log_softmax(const Operand<T>& x, int axis, SourceLocation at) {
  return apply(log_softmax_op<T>, {&x}, {.integers = axis}, at);
}

#define EBB_INSTANTIATE(T)                                                             \
  template Tensor<T> softmax(const Operand<T>&, int, SourceLocation);                  \
  template Tensor<T> softmax(const Operand<T>&, const IntArray&, int, SourceLocation); \
  template Tensor<T> log_softmax(const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

EBB_FAMILY(softmax, &softmax_op<T>, &log_softmax_op<T>)
