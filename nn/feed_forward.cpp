#include "feed_forward.hpp"

#include "call.hpp"
#include "layer_shape.h"

namespace ebb::nn {

template <class T>
FeedForward<T>::FeedForward(Index width, Index hidden, Generator& generator, FeedForwardOptions options)
    : up(layer_shape("FeedForward", {width, hidden})[0], hidden, generator,
         {options.bias, options.init.scaled(options.up_scale)}),
      down(hidden, width, generator, {options.bias, options.init.scaled(options.output_scale)}),
      activation(options.activation) {
  if (options.gated) gate.emplace(width, hidden, generator, LinearOptions{options.bias, options.init});
}

template <class T>
Tensor<T> FeedForward<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  const Scope caller("", at);
  if (!gate) return call(*this, down, activate(activation, call(*this, up, x)));
  return call(*this, down, activate(activation, call(*this, *gate, x)) * call(*this, up, x));
}

template struct FeedForward<float>;
template struct FeedForward<double>;

}  // namespace ebb::nn
