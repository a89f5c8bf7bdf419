#include "accumulate.h"

#include "engine_ops.h"
#include "kernels/parallel.h"

namespace ebb {

namespace {

// A loop of its own: a call of the kernel for a vectorised sum would take longer than most adjoints' few elements.
template <class T>
void add_elements(Index n, const T* a, const T* b, T* y) {
  for (Index i = 0; i < n; ++i) y[i] = a[i] + b[i];
}

}  // namespace

template <class T>
Array<T> sum_of(Array<T> a, const Array<T>& b) {
  if (!a.defined()) return b;
  Array<T> fresh = a.sole_owner() ? Array<T>() : Array<T>(a.shape());
  Array<T>& sum = fresh.defined() ? fresh : a;
  T* y = sum.mutable_data();
  const kernels::Tiles tiles = kernels::element_tiles(a.size());
  kernels::parallel_for(tiles.count(), tiles.n, add_elements<T>, tiles.sizes(), tiles.of(a.data()), tiles.of(b.data()),
                        tiles.of(y));
  return sum;
}

template <class T>
void add_in_place(Tensor<T>& sum, const Tensor<T>& b) {
  Array<T> value = sum.value();
  sum = Tensor<T>();  // lets go of its hold, so that the buffer may have a sole owner
  sum = Tensor<T>(sum_of(std::move(value), b.value()));
}

namespace {

constexpr Formula accumulate_formula{
    "y = a + b",
    {"da = dy", "db = dy"},
    "The adjoints of a value that was used more than once are summed, and a gradient of that sum reaches each of them "
    "whole.",
};

template <class T>
Array<T> accumulate_forward(Record<T>&, Inputs<T> x) {
  return sum_of(x[0].value(), x[1].value());
}

template <class T>
void accumulate_backward(const Record<T>&, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy);
  if (d.needs(1)) d.add(1, dy);
}

template <class T>
constexpr Op<T> accumulate_op{"accumulate", accumulate_forward<T>, accumulate_backward<T>, accumulate_formula};

}  // namespace

template <class T>
Tensor<T> add_adjoints(const Tensor<T>& a, const Tensor<T>& b) {
  return apply<T>(accumulate_op<T>, {&a, &b}, {}, SourceLocation::current());
}

template <class T>
bool is_accumulation(const Op<T>& op) {
  return &op == &accumulate_op<T>;
}

template bool is_accumulation(const Op<float>&);
template bool is_accumulation(const Op<double>&);
template Tensor<float> add_adjoints(const Tensor<float>&, const Tensor<float>&);
template Tensor<double> add_adjoints(const Tensor<double>&, const Tensor<double>&);
template void add_in_place(Tensor<float>&, const Tensor<float>&);
template void add_in_place(Tensor<double>&, const Tensor<double>&);
template Array<float> sum_of(Array<float>, const Array<float>&);
template Array<double> sum_of(Array<double>, const Array<double>&);

}  // namespace ebb
