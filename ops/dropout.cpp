#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/random.h"
#include "../autograd/op.hpp"
#include "families.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula dropout_formula{
    "y = x m / (1 - p), the mask m drawn: 0 with probability p, else 1",
    {"dx = dy m / (1 - p), with the same m"},
    "What was dropped gets no gradient and what was kept gets it enlarged by 1 / (1 - p), so that on average it keeps "
    "its size.",
};

IntArray words_of(const Key& key) { return {Shape(4), std::bit_cast<std::array<std::int32_t, 4>>(key)}; }

Key key_of(const IntArray& words) {
  std::array<std::int32_t, 4> bits;
  std::copy_n(words.data(), bits.size(), bits.begin());
  return std::bit_cast<Key>(bits);
}

// p is in numbers[0]; the key, from which the mask is drawn anew each time, in indices.
template <class T>
Array<T> dropout_forward(Record<T>& r, Inputs<T> x) {
  const double p = r.attributes.numbers[0];
  if (!(0 <= p && p <= 1)) throw Error(fmt::format("a probability must be within [0, 1], but this is {}", p));
  const Key key = key_of(r.attributes.indices);
  Array<T> y(x[0].shape());
  kernels::dropout(y.size(), key.seed, key.stream, p, x[0].data(), y.mutable_data());
  return y;
}

template <class T>
void dropout_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dropout(dy, r.attributes.numbers[0], key_of(r.attributes.indices)));
}

template <class T>
constexpr Op<T> dropout_op{"dropout", dropout_forward<T>, dropout_backward<T>, dropout_formula};

}  // namespace

template <class T>
Tensor<T> dropout(const Operand<T>& x, double probability, Key key, SourceLocation at) {
  return apply(dropout_op<T>, {&x}, {.numbers = {probability}, .indices = words_of(key)}, at);
}

#define EBB_INSTANTIATE(T) template Tensor<T> dropout(const Operand<T>&, double, Key, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

EBB_FAMILY(dropout, &dropout_op<T>)
