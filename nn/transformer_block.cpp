#include "transformer_block.hpp"

#include <fmt/format.h>

#include "../autograd/tape.hpp"
#include "call.hpp"

namespace ebb::nn {

namespace {

Index hidden_width(Index asked, Index width) {
  if (asked < 0)
    throw Error(fmt::format("TransformerBlock: the hidden width cannot be {}; 0 stands for 4 widths", asked));
  return asked > 0 ? asked : 4 * width;
}

}  // namespace

template <class T>
TransformerBlock<T>::TransformerBlock(Index width, Index heads, Generator& generator, TransformerBlockOptions options)
    : attention(width, heads, generator, {options.bias, options.init, options.output_scale}),
      feed_forward(width, hidden_width(options.hidden, width), generator,
                   {options.activation, options.bias, options.init, options.output_scale}),
      dropout(options.dropout),
      causal(options.causal),
      residual(options.residual),
      norm(options.norm) {
  if (norm == Norm::none) return;
  attention_norm.emplace(width);
  feed_forward_norm.emplace(width);
}

template <class T>
Tensor<T> TransformerBlock<T>::operator()(const Tensor<T>& x, std::optional<Key> key, const IntArray& mask,
                                          SourceLocation at) const {
  const Scope caller("", at);
  announce(x);
  // Runs a branch between the norm before it, or dropout, the residual sum and the norm after it.
  const auto branch = [&](const auto& layer, const std::optional<LayerNorm<T>>& layer_norm, std::uint64_t number,
                          const Tensor<T>& in) {
    Tensor<T> h = layer(norm == Norm::pre ? call(*this, *layer_norm, in) : in);
    h = dropout(h, key ? std::optional(key->child(number)) : std::nullopt);
    if (residual) h = in + h;
    return norm == Norm::post ? call(*this, *layer_norm, h) : h;
  };
  const auto attend = [&](const Tensor<T>& h) {
    return call(*this, attention, h, AttentionOptions<T>{.causal = causal, .mask = mask});
  };
  const auto feed = [&](const Tensor<T>& h) { return call(*this, feed_forward, h); };
  return branch(feed, feed_forward_norm, 1, branch(attend, attention_norm, 0, x));
}

template <class T>
Tensor<T> TransformerBlock<T>::attention_weights(const Tensor<T>& x, const IntArray& mask, SourceLocation at) const {
  const Scope caller("", at);
  const Tensor<T> h = norm == Norm::pre ? call(*this, *attention_norm, x) : x;
  const LayerScope scope(*this, attention);
  return attention.attention_weights(h, AttentionOptions<T>{.causal = causal, .mask = mask});
}

template struct TransformerBlock<float>;
template struct TransformerBlock<double>;

}  // namespace ebb::nn
