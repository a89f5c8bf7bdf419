#include "pooling.hpp"

#include "../ops/ops.hpp"

namespace ebb::nn {

template <class T>
MaxPool<T>::MaxPool(const Shape& extents, const PoolOptions& how) : window(extents), options(how) {}

template <class T>
Tensor<T> MaxPool<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return max_pool(x, window, options, at);
}

template <class T>
AveragePool<T>::AveragePool(const Shape& extents, const PoolOptions& how) : window(extents), options(how) {}

template <class T>
Tensor<T> AveragePool<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return average_pool(x, window, options, at);
}

template <class T>
AdaptiveMaxPool<T>::AdaptiveMaxPool(const Shape& to) : extents(to) {}

template <class T>
Tensor<T> AdaptiveMaxPool<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return adaptive_max_pool(x, extents, at);
}

template <class T>
AdaptiveAveragePool<T>::AdaptiveAveragePool(const Shape& to) : extents(to) {}

template <class T>
Tensor<T> AdaptiveAveragePool<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return adaptive_average_pool(x, extents, at);
}

template struct MaxPool<float>;
template struct MaxPool<double>;
template struct AveragePool<float>;
template struct AveragePool<double>;
template struct AdaptiveMaxPool<float>;
template struct AdaptiveMaxPool<double>;
template struct AdaptiveAveragePool<float>;
template struct AdaptiveAveragePool<double>;

}  // namespace ebb::nn
