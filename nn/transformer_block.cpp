#include "transformer_block.hpp"

#include <fmt/format.h>

#include "../autograd/tape.hpp"
#include "block_branch.h"

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
    : attention(width, heads, generator,
                {options.bias, options.init, options.output_scale, options.key_heads, options.rotary, options.qk_norm,
                 options.window}),
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
template <class Attend>
Tensor<T> TransformerBlock<T>::run(const Tensor<T>& x, std::optional<Key> key, const Attend& attend) const {
  announce(x);
  const auto feed = [&](const Tensor<T>& h) { return call(*this, feed_forward, h); };
  return run_branch(*this, feed, feed_forward_norm, key, 1, run_branch(*this, attend, attention_norm, key, 0, x));
}

template <class T>
Tensor<T> TransformerBlock<T>::operator()(const Tensor<T>& x, std::optional<Key> key, const IntArray& mask,
                                          SourceLocation at) const {
  const Scope caller("", at);
  return run(x, key, [&](const Tensor<T>& h) {
    return call(*this, attention, h, AttentionOptions<T>{.causal = causal, .mask = mask});
  });
}

template <class T>
Tensor<T> TransformerBlock<T>::operator()(const Tensor<T>& x, KeyValueCache<T>& cache, SourceLocation at) const {
  const Scope caller("", at);
  return run(x, std::nullopt, [&](const Tensor<T>& h) {
    const LayerScope scope(*this, attention);
    return attention(h, cache, AttentionOptions<T>{.causal = causal});
  });
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
