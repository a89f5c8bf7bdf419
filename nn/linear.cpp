#include "linear.hpp"

#include "../ops/ops.hpp"
#include "layer_shape.h"

namespace ebb::nn {

template <class T>
Linear<T>::Linear(Index in, Index out, Generator& generator, LinearOptions options)
    : weight(initialize<T>(layer_shape("Linear", {in, out}), options.init, generator), "weight") {
  if (options.bias) bias = Parameter<T>(Array<T>({out}, T{0}), "bias");
}

template <class T>
Tensor<T> Linear<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return bias.defined() ? linear(x, weight, bias, at) : linear(x, weight, at);
}

template struct Linear<float>;
template struct Linear<double>;

}  // namespace ebb::nn
