#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/broadcast.h"
#include "../autograd/kernels/reduction.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

Shape broadcast_shape(const Shape& a, const Shape& b) {
  if (a == b) return a;
  Shape result = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  for (int axis = 1; axis <= shorter.rank(); ++axis) {
    const Index longer_extent = result.extent(-axis), extent = shorter.extent(-axis);
    if (longer_extent != extent && longer_extent != 1 && extent != 1)
      throw Error(fmt::format("shapes {} and {} do not broadcast: {} against {} at axis -{}", to_string(a),
                              to_string(b), a.extent(-axis), b.extent(-axis), axis));
    if (longer_extent == 1) result = result.with(-axis, extent);
  }
  return result;
}

bool broadcasts_to(const Shape& x, const Shape& shape) {
  if (x.rank() > shape.rank()) return false;
  for (int axis = 1; axis <= x.rank(); ++axis)
    if (x.extent(-axis) != 1 && x.extent(-axis) != shape.extent(-axis)) return false;
  return true;
}

namespace {

/// The shape of the result, of expand and of sum_to.
struct TargetAttributes {
  Shape shape;
  static void visit(auto& self, auto&& field) { field("shape", self.shape); }
};

constexpr Formula expand_formula{
    "y = x, repeated to a larger shape",
    {"dx = dy, summed over the repeated axes"},
    "An element gets the gradients of all of its copies in one sum, which may grow with their number.",
};

template <class T>
Array<T> expand_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = r.attributes.template as<TargetAttributes>().shape;
  if (!broadcasts_to(x[0].shape(), shape))
    throw Error(fmt::format("shape {} cannot be expanded to {}", to_string(x[0].shape()), to_string(shape)));
  if (shape == x[0].shape()) return x[0].value();
  Array<T> y(shape);
  kernels::broadcast(kernels::chosen<kernels::ArithmeticKernels<T>>().copy, y, x[0].value());
  return y;
}

template <class T>
void expand_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, sum_to(dy, d.shape(0)));
}

constexpr Formula sum_to_formula{
    "y = x, summed over the axes that a smaller shape lacks, or has with extent 1",
    {"dx = dy, repeated to the shape of x"},
    "Every element gets a copy of the gradient of the sum that it went into, however many went into it.",
};

template <class T>
Array<T> sum_to_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = r.attributes.template as<TargetAttributes>().shape;
  if (!broadcasts_to(shape, x[0].shape()))
    throw Error(fmt::format("shape {} cannot be summed to {}, which does not broadcast to it", to_string(x[0].shape()),
                            to_string(shape)));
  Array<T> y(shape);
  kernels::sum(x[0].shape(), x[0].data(), shape, y.mutable_data());
  return y;
}

template <class T>
void sum_to_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, expand(dy, d.shape(0)));
}

}  // namespace

EBB_OP(expand, expand_forward<T>, expand_backward<T>, expand_formula,
       .attributes = default_attributes<TargetAttributes>)
EBB_OP(sum_to, sum_to_forward<T>, sum_to_backward<T>, sum_to_formula,
       .attributes = default_attributes<TargetAttributes>)

template <class T>
Tensor<T> expand(const Operand<T>& x, const Shape& shape, SourceLocation at) {
  return apply(Ops<T>::expand, {&x}, TargetAttributes{shape}, at);
}

template <class T>
Tensor<T> sum_to(const Operand<T>& x, const Shape& shape, SourceLocation at) {
  if (const Tensor<T> same = x.tensor(at); same.shape() == shape) return same;
  return apply(Ops<T>::sum_to, {&x}, TargetAttributes{shape}, at);
}

#define EBB_INSTANTIATE(T)                                                    \
  template Tensor<T> expand(const Operand<T>&, const Shape&, SourceLocation); \
  template Tensor<T> sum_to(const Operand<T>&, const Shape&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
