#include "../autograd/base/error.hpp"
#include "../autograd/kernels/reduction.h"
#include "../autograd/kernels/sorting.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "new_array.h"
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

/// The axis, and true to sum from its end.
struct CumulativeSumAttributes {
  int axis;
  bool reversed;
  static void visit(auto& self, auto&& field) { field("axis", self.axis), field("reversed", self.reversed); }
};

template <class T>
Array<T> cumulative_sum_forward(Record<T>& r, Inputs<T> x) {
  const auto [axis, reversed] = r.attributes.template as<CumulativeSumAttributes>();
  Array<T> y(x[0].shape());
  kernels::cumulative_sum(y.shape(), y.shape().normalized(axis), reversed, x[0].data(), y.mutable_data());
  return y;
}

template <class T>
void cumulative_sum_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto [axis, reversed] = r.attributes.template as<CumulativeSumAttributes>();
  if (d.needs(0)) d.add(0, cumulate(dy, axis, !reversed));
}

template <class T>
Tensor<T> cumulate(const Operand<T>& x, int axis, bool reversed, SourceLocation at) {
  return apply(Ops<T>::cumulative_sum, {&x}, CumulativeSumAttributes{axis, reversed}, at);
}

}  // namespace

EBB_OP(cumulative_sum, cumulative_sum_forward<T>, cumulative_sum_backward<T>, cumulative_sum_formula,
       .attributes = default_attributes<CumulativeSumAttributes>)

template <class T>
Tensor<T> cumulative_sum(const Operand<T>& x, int axis, SourceLocation at) {
  return cumulate(x, axis, false, at);
}

// After each pass, y[i] is the product of twice as many elements, the last of them x[i] (Hillis & Steele 1986, "Data
// parallel algorithms").
template <class T>
Tensor<T> cumulative_product(const Operand<T>& x, int axis, SourceLocation at) {
  Tensor<T> y = x.tensor(at);
  const Index n = named("cumulative_product", at, [&] { return y.extent(axis); });
  for (Index shift = 1; shift < n; shift *= 2)
    y = multiply(y, pad(slice(y, axis, {0, n - shift}, at), axis, shift, 0, 1, at), at);
  return y;
}

template <class T>
Tensor<T> cumulative_max(const Operand<T>& x, int axis, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  const IntArray indices = named("cumulative_max", at, [&] {
    if (!from.defined()) throw Error("the input is undefined (an empty tensor or parameter)");
    IntArray largest(from.shape());
    kernels::cumulative_argmax(from.shape(), from.shape().normalized(axis), from.data(), largest.mutable_data());
    return largest;
  });
  return take_along_axis(from, indices, axis, at);
}

#define EBB_INSTANTIATE(T)                                                       \
  template Tensor<T> cumulative_sum(const Operand<T>&, int, SourceLocation);     \
  template Tensor<T> cumulative_product(const Operand<T>&, int, SourceLocation); \
  template Tensor<T> cumulative_max(const Operand<T>&, int, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
