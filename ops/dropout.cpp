#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/random.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula dropout_formula{
    "y = x m / (1 - p), the mask m drawn: 0 with probability p, else 1",
    {"dx = dy m / (1 - p), with the same m"},
    "What was dropped gets no gradient and what was kept gets it enlarged by 1 / (1 - p), so that on average it keeps "
    "its size.",
};

/// The probability p, and the key from which the mask is drawn anew each time.
struct DropoutAttributes {
  double probability;
  Key key;
  static void visit(auto& self, auto&& field) { field("probability", self.probability), field("key", self.key); }
};

template <class T>
Array<T> dropout_forward(Record<T>& r, Inputs<T> x) {
  const auto [p, key] = r.attributes.template as<DropoutAttributes>();
  if (!(0 <= p && p <= 1)) throw Error(fmt::format("a probability must be within [0, 1], but this is {}", p));
  Array<T> y(x[0].shape());
  kernels::dropout(y.size(), key.seed, key.stream, p, x[0].data(), y.mutable_data());
  return y;
}

template <class T>
void dropout_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto [p, key] = r.attributes.template as<DropoutAttributes>();
  if (d.needs(0)) d.add(0, dropout(dy, p, key));
}

}  // namespace

EBB_OP(dropout, dropout_forward<T>, dropout_backward<T>, dropout_formula,
       .attributes = default_attributes<DropoutAttributes>)

template <class T>
Tensor<T> dropout(const Operand<T>& x, double probability, Key key, SourceLocation at) {
  return apply(Ops<T>::dropout, {&x}, DropoutAttributes{probability, key}, at);
}

#define EBB_INSTANTIATE(T) template Tensor<T> dropout(const Operand<T>&, double, Key, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
