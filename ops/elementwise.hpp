#pragma once

#include "../autograd/array.hpp"
#include "../autograd/tensor.hpp"
#include "ops.hpp"

// How the element-by-element operations call their kernels.
namespace ebb {

/// The kernel's values at x.
template <class T>
Array<T> map(void (*kernel)(Index, const T*, T*), const Tensor<T>& x) {
  Array<T> y(x.shape());
  kernel(y.size(), x.data(), y.mutable_data());
  return y;
}

/// The same for two tensors of one shape: what a fused derivative makes of a saved tensor and dy.
template <class T>
Array<T> map(void (*kernel)(Index, const T*, const T*, T*), const Tensor<T>& saved, const Tensor<T>& dy) {
  Array<T> dx(dy.shape());
  kernel(dx.size(), saved.data(), dy.data(), dx.mutable_data());
  return dx;
}

/// The kernel's values over the shape to which a and b broadcast: numbers, or a mask.
template <class Y, class T>
Array<Y> broadcast(void (*kernel)(const Shape&, const Shape&, const T*, const Shape&, const T*, Y*), const Tensor<T>& a,
                   const Tensor<T>& b) {
  Array<Y> y(broadcast_shape(a.shape(), b.shape()));
  kernel(y.shape(), a.shape(), a.data(), b.shape(), b.data(), y.mutable_data());
  return y;
}

}  // namespace ebb
