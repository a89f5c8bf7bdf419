#include "decoder_block.hpp"

#include "block_branch.h"

namespace ebb::nn {

namespace {

MultiHeadAttentionOptions attention_options(const TransformerBlockOptions& options) {
  return {options.bias,   options.init,    options.output_scale, options.key_heads,
          options.rotary, options.qk_norm, options.window};
}

/// To the memory, whose positions are another sequence's.
MultiHeadAttentionOptions memory_options(const TransformerBlockOptions& options) {
  MultiHeadAttentionOptions result = attention_options(options);
  result.rotary = false;
  result.window = 0;
  return result;
}

}  // namespace

template <class T>
DecoderBlock<T>::DecoderBlock(Index width, Index heads, Generator& generator, TransformerBlockOptions options)
    : attention(width, heads, generator, attention_options(options)),
      memory_attention(width, heads, generator, memory_options(options)),
      feed_forward(width, options.hidden > 0 ? options.hidden : 4 * width, generator,
                   {options.activation, options.bias, options.init, options.output_scale}),
      dropout(options.dropout),
      residual(options.residual),
      norm(options.norm) {
  if (norm == Norm::none) return;
  attention_norm.emplace(width);
  memory_norm.emplace(width);
  feed_forward_norm.emplace(width);
}

template <class T>
Tensor<T> DecoderBlock<T>::operator()(const Tensor<T>& x, const Tensor<T>& memory, std::optional<Key> key,
                                      const IntArray& memory_mask, SourceLocation at) const {
  const Scope caller("", at);
  announce(x);
  const auto attend = [&](const Tensor<T>& h) {
    return call(*this, attention, h, AttentionOptions<T>{.causal = true});
  };
  const auto look_up = [&](const Tensor<T>& h) {
    return call(*this, memory_attention, h, memory, AttentionOptions<T>{.mask = memory_mask});
  };
  const auto feed = [&](const Tensor<T>& h) { return call(*this, feed_forward, h); };
  Tensor<T> h = run_branch(*this, attend, attention_norm, key, 0, x);
  h = run_branch(*this, look_up, memory_norm, key, 1, h);
  return run_branch(*this, feed, feed_forward_norm, key, 2, h);
}

template struct DecoderBlock<float>;
template struct DecoderBlock<double>;

}  // namespace ebb::nn
