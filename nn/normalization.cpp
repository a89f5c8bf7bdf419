#include "normalization.hpp"

#include "../ops/ops.hpp"
#include "layer_shape.h"

namespace ebb::nn {

template <class T>
LayerNorm<T>::LayerNorm(Index width, double eps)
    : gain(Array<T>(layer_shape("LayerNorm", {width}), T{1}), "gain"),
      bias(Array<T>({width}, T{0}), "bias"),
      epsilon(layer_epsilon("LayerNorm", eps)) {}

template <class T>
Tensor<T> LayerNorm<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return layer_norm(x, gain, bias, epsilon, at);
}

template <class T>
RMSNorm<T>::RMSNorm(Index width, double eps)
    : gain(Array<T>(layer_shape("RMSNorm", {width}), T{1}), "gain"), epsilon(layer_epsilon("RMSNorm", eps)) {}

template <class T>
Tensor<T> RMSNorm<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return rms_norm(x, gain, epsilon, at);
}

template struct LayerNorm<float>;
template struct LayerNorm<double>;
template struct RMSNorm<float>;
template struct RMSNorm<double>;

}  // namespace ebb::nn
