#pragma once

#include <limits>
#include <type_traits>

#include "../autograd/kernels/broadcast.h"
#include "../autograd/kernels/isa/elementwise.h"
#include "../autograd/kernels/parallel.h"
#include "../autograd/storage/array.hpp"
#include "../autograd/tensor.hpp"
#include "all_ops.h"
#include "ops.hpp"

// The element-by-element operations call their kernels through these functions.
namespace ebb {

template <class T>
using Elementwise = kernels::ElementwiseKernels<T>;
template <class T>
using Arithmetic = kernels::ArithmeticKernels<T>;

/// The kernel's values at x: `map(&Elementwise<T>::tanh, x)`.
template <class T, class... Parameters>
Array<T> map(void (*Elementwise<T>::*kernel)(Index, const T*, T*, Parameters...), const Tensor<T>& x,
             std::type_identity_t<Parameters>... parameters) {
  Array<T> y(x.shape());
  const auto f = kernels::chosen<Elementwise<T>>().*kernel;
  const T* from = x.data();
  T* to = y.mutable_data();
  const kernels::Tiles tiles = kernels::element_tiles(y.size());
  kernels::parallel_for(tiles.count(), tiles.n, f, tiles.sizes(), tiles.of(from), tiles.of(to), parameters...);
  return y;
}

/// The kernel's values at two tensors of one shape: a fused derivative, from a saved tensor and dy.
template <class T, class... Parameters>
Array<T> map(void (*Elementwise<T>::*kernel)(Index, const T*, const T*, T*, Parameters...), const Tensor<T>& saved,
             const Tensor<T>& dy, std::type_identity_t<Parameters>... parameters) {
  Array<T> dx(dy.shape());
  const auto f = kernels::chosen<Elementwise<T>>().*kernel;
  const T *from = saved.data(), *with = dy.data();
  T* to = dx.mutable_data();
  const kernels::Tiles tiles = kernels::element_tiles(dx.size());
  kernels::parallel_for(tiles.count(), tiles.n, f, tiles.sizes(), tiles.of(from), tiles.of(with), tiles.of(to),
                        parameters...);
  return dx;
}

/// The kernel's values over the shape to which the inputs broadcast: `broadcast(&Arithmetic<T>::add, a, b)`.
template <class T, class Y>
Array<Y> broadcast(void (*Arithmetic<T>::*kernel)(Index, Y*, kernels::Strided<T>, kernels::Strided<T>),
                   const Tensor<T>& a, const Tensor<T>& b) {
  Array<Y> y(broadcast_shape(a.shape(), b.shape()));
  kernels::broadcast(kernels::chosen<Arithmetic<T>>().*kernel, y, a.value(), b.value());
  return y;
}

/// y = f(x), one by one.
template <class T>
void map_each(Index n, T (*f)(T), const T* x, T* y) {
  for (Index i = 0; i < n; ++i) y[i] = f(x[i]);
}

/// f of each element, for a function that has no vector instructions: `map_scalar(cube, x)`.
template <class T>
Array<T> map_scalar(T (*f)(T), const Tensor<T>& x) {
  Array<T> y(x.shape());
  const T* from = x.data();
  T* to = y.mutable_data();
  const kernels::Tiles tiles = kernels::element_tiles(y.size());
  kernels::parallel_for(tiles.count(), tiles.n, map_each<T>, tiles.sizes(), f, tiles.of(from), tiles.of(to));
  return y;
}

/// y = f(a, b), one by one.
template <class T, T (*f)(T, T)>
void map_pairs(Index n, T* y, kernels::Strided<T> a, kernels::Strided<T> b) {
  for (Index i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
}

/// f over the shape to which the inputs broadcast, for a function that has no vector instructions.
template <class T, T (*f)(T, T)>
Array<T> broadcast(const Tensor<T>& a, const Tensor<T>& b) {
  Array<T> y(broadcast_shape(a.shape(), b.shape()));
  kernels::broadcast(map_pairs<T, f>, y, a.value(), b.value());
  return y;
}

/// The larger of |a| and |b|, for both to be divided by: a constant, and 1 where it would be 0 or infinite.
template <class T>
Tensor<T> common_scale(const Tensor<T>& a, const Tensor<T>& b) {
  const Tensor<T> largest = maximum(abs(a.detach()), abs(b.detach()));
  return where(logical_or(equal(largest, 0), equal(largest, std::numeric_limits<T>::infinity())), 1, largest);
}

/// Defines an op of one input and no attributes, with its public function, from `tanh_forward`, `tanh_backward` and
/// `tanh_formula`: `EBB_UNARY(tanh)`. Further members of the Op may follow.
#define EBB_UNARY(op, ...)                                                 \
  EBB_OP(op, op##_forward<T>, op##_backward<T>, op##_formula, __VA_ARGS__) \
  template <class T>                                                       \
  Tensor<T> op(const Operand<T>& x, SourceLocation at) {                   \
    return apply(Ops<T>::op, {&x}, {}, at);                                \
  }                                                                        \
  template Tensor<float> op(const Operand<float>&, SourceLocation);        \
  template Tensor<double> op(const Operand<double>&, SourceLocation);

}  // namespace ebb
