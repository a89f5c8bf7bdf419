#include "softmax.h"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/softmax.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

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
  const auto& [asked_axis, mask] = r.attributes.template as<SoftmaxAttributes>();
  const int axis = shape.normalized(asked_axis);
  Array<T> y(shape);
  if (!mask.defined()) {
    kernels::along_axis(softmax_kernels<T>().softmax, shape, axis, y.mutable_data(), x[0].data());
  } else {
    if (!broadcasts_to(mask.shape(), shape))
      throw Error(
          fmt::format("a mask of shape {} does not broadcast to {}", to_string(mask.shape()), to_string(shape)));
    kernels::masked_softmax(shape, axis, y.mutable_data(), x[0].data(), mask.shape(), mask.data());
  }
  r.save_output();
  return y;
}

template <class T>
void softmax_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& y = r.output;
  const int axis = r.attributes.template as<SoftmaxAttributes>().axis;
  if (d.create_graph()) {
    d.add(0, softmax_adjoint(y, dy, axis));
  } else {
    Array<T> dx(y.shape());
    kernels::along_axis(softmax_kernels<T>().softmax_derivative, y.shape(), axis, dx.mutable_data(), y.data(),
                        dy.data());
    d.add(0, dx);
  }
}

/// The axis along which the sum goes.
struct LogSoftmaxAttributes {
  int axis;
  static void visit(auto& self, auto&& field) { field("axis", self.axis); }
};

constexpr Formula log_softmax_formula{
    "y = x - log(sum(e^x)) along an axis",
    {"dx = dy - e^y sum(dy)"},
    "Each element keeps its own gradient and pays its share e^y of the row's total, so that even an element whose e^y "
    "is next to 0 still learns.",
};

template <class T>
Array<T> log_softmax_forward(Record<T>& r, Inputs<T> x) {
  Array<T> y(x[0].shape());
  kernels::along_axis(softmax_kernels<T>().log_softmax, y.shape(),
                      r.attributes.template as<LogSoftmaxAttributes>().axis, y.mutable_data(), x[0].data());
  r.save_output();
  return y;
}

template <class T>
void log_softmax_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& y = r.output;
  const int axis = r.attributes.template as<LogSoftmaxAttributes>().axis;
  if (d.create_graph()) {
    // Where y is nearly 0, dy and e^y sum(dy) may be nearly equal: dy (1 - e^y) - e^y (the sum of the others) is
    // precise.
    const Shape one = y.shape().with(axis, 1);
    const IntArray settled = y > std::log(0.75);
    const Tensor<T> others = sum_to(where(settled, 0, dy), one);
    d.add(0, where(settled, -expm1(y) * dy - exp(y) * others, dy - exp(y) * sum_to(dy, one)));
  } else {
    Array<T> dx(y.shape());
    kernels::along_axis(softmax_kernels<T>().log_softmax_derivative, y.shape(), axis, dx.mutable_data(), y.data(),
                        dy.data());
    d.add(0, dx);
  }
}

}  // namespace

EBB_OP(softmax, softmax_forward<T>, softmax_backward<T>, softmax_formula,
       .attributes = default_attributes<SoftmaxAttributes>)
EBB_OP(log_softmax, log_softmax_forward<T>, log_softmax_backward<T>, log_softmax_formula,
       .attributes = default_attributes<LogSoftmaxAttributes>)

template <class T>
Tensor<T> softmax(const Operand<T>& x, int axis, SourceLocation at) {
  return apply(Ops<T>::softmax, {&x}, SoftmaxAttributes{axis}, at);
}

template <class T>
Tensor<T> softmax(const Operand<T>& x, const IntArray& mask, int axis, SourceLocation at) {
  return apply(Ops<T>::softmax, {&x}, SoftmaxAttributes{axis, mask}, at);
}

template <class T>
Tensor<T> log_softmax(const Operand<T>& x, int axis, SourceLocation at) {
  return apply(Ops<T>::log_softmax, {&x}, LogSoftmaxAttributes{axis}, at);
}

#define EBB_INSTANTIATE(T)                                                             \
  template Tensor<T> softmax(const Operand<T>&, int, SourceLocation);                  \
  template Tensor<T> softmax(const Operand<T>&, const IntArray&, int, SourceLocation); \
  template Tensor<T> log_softmax(const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

// For the library's own use, so not in its public namespace.
namespace ebb {

// dy counts from its element at the largest y, which changes nothing, as y sums to 1. But where that y is nearly 1, dy
// and sum(dy y) would else be nearly equal there, and their difference noise.
template <class T>
Tensor<T> softmax_adjoint(const Tensor<T>& y, const Tensor<T>& dy, int axis) {
  if (y.size() == 0) return y * dy;
  const Shape one = y.shape().with(axis, 1);
  const Tensor<T> d = dy - take_along_axis(dy, argmax(y, axis).reshaped(one), axis);
  return y * (d - sum_to(d * y, one));
}

template Tensor<float> softmax_adjoint(const Tensor<float>&, const Tensor<float>&, int);
template Tensor<double> softmax_adjoint(const Tensor<double>&, const Tensor<double>&, int);

}  // namespace ebb
