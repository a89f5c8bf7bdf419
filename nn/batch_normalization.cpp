#include "batch_normalization.hpp"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../ops/ops.hpp"
#include "layer_shape.h"

namespace ebb::nn {

namespace {

template <class T>
Parameter<T> vector_of(const char* layer, Index channels, T value, const char* name) {
  return Parameter<T>(Array<T>(layer_shape(layer, {channels}), value), name);
}

/// The running value follows that of a batch.
template <class T>
void follow(const Parameter<T>& running, const Tensor<T>& batch, double momentum) {
  running.shared().set_value((1 - momentum) * running.value() + momentum * batch);
}

}  // namespace

template <class T>
BatchNorm<T>::BatchNorm(Index channels, BatchNormOptions o)
    : gain(vector_of("BatchNorm", channels, T{1}, "gain")),
      bias(vector_of("BatchNorm", channels, T{0}, "bias")),
      running_mean(buffer<T>(Array<T>(gain.shape(), T{0}), "running_mean")),
      running_variance(buffer<T>(Array<T>(gain.shape(), T{1}), "running_variance")),
      options{layer_epsilon("BatchNorm", o.epsilon), o.momentum} {
  if (!(o.momentum >= 0 && o.momentum <= 1))
    throw Error(fmt::format("BatchNorm: the momentum must be within [0, 1], not {}", o.momentum));
}

template <class T>
Tensor<T> BatchNorm<T>::operator()(const Tensor<T>& x, std::optional<Key> key, SourceLocation at) const {
  return key ? train(x, at) : evaluate(x, at);
}

template <class T>
Tensor<T> BatchNorm<T>::train(const Tensor<T>& x, SourceLocation at) const {
  const Tensor<T> y = batch_norm(x, gain, bias, options.epsilon, at);
  if (x.size() == x.extent(-1))
    throw error_in("BatchNorm",
                   fmt::format("one number for each channel, in x of shape {}, has no variance to train with",
                               to_string(x.shape())),
                   at);
  const NoRecording off;
  const Tensor<T> rows = reshape(x.detach(), {x.size() / x.extent(-1), x.extent(-1)});
  follow(running_mean, mean(rows, 0), options.momentum);
  follow(running_variance, variance(rows, 0, {.correction = 1}), options.momentum);
  return y;
}

template <class T>
Tensor<T> BatchNorm<T>::evaluate(const Tensor<T>& x, SourceLocation at) const {
  return batch_norm(x, gain, bias, running_mean, running_variance, options.epsilon, at);
}

template <class T>
GroupNorm<T>::GroupNorm(Index count, Index channels, double eps)
    : gain(vector_of("GroupNorm", channels, T{1}, "gain")),
      bias(vector_of("GroupNorm", channels, T{0}, "bias")),
      groups(count),
      epsilon(layer_epsilon("GroupNorm", eps)) {
  if (count < 1 || channels % count != 0)
    throw Error(fmt::format("GroupNorm({}, {}): the groups do not divide the channels", count, channels));
}

template <class T>
Tensor<T> GroupNorm<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return group_norm(x, groups, gain, bias, epsilon, at);
}

template <class T>
InstanceNorm<T>::InstanceNorm(Index channels, double eps)
    : gain(vector_of("InstanceNorm", channels, T{1}, "gain")),
      bias(vector_of("InstanceNorm", channels, T{0}, "bias")),
      epsilon(layer_epsilon("InstanceNorm", eps)) {}

template <class T>
Tensor<T> InstanceNorm<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return group_norm(x, gain.size(), gain, bias, epsilon, at);
}

template struct BatchNorm<float>;
template struct BatchNorm<double>;
template struct GroupNorm<float>;
template struct GroupNorm<double>;
template struct InstanceNorm<float>;
template struct InstanceNorm<double>;

}  // namespace ebb::nn
