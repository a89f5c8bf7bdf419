#include "decoder_block.hpp"

#include "block_branch.h"

namespace ebb::nn {

namespace {

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
    : attention_norm(made_norm<T>(options, width)),
      memory_norm(made_norm<T>(options, width)),
      feed_forward_norm(made_norm<T>(options, width)),
      attention(width, heads, generator, attention_options(options)),
      memory_attention(width, heads, generator, memory_options(options)),
      feed_forward(feed_forward_of<T>(options, width, generator)),
      attention_scale(branch_scale<T>(options.scaling, width)),
      memory_scale(branch_scale<T>(options.scaling, width)),
      feed_forward_scale(branch_scale<T>(options.scaling, width)),
      dropout(options.dropout),
      residual(options.residual),
      scaling(options.scaling),
      norm(options.norm) {}

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
  Tensor<T> h = run_branch(*this, attend, BranchParts<T>{attention_norm, attention_scale, 0}, key, x);
  h = run_branch(*this, look_up, BranchParts<T>{memory_norm, memory_scale, 1}, key, h);
  return run_branch(*this, feed, BranchParts<T>{feed_forward_norm, feed_forward_scale, 2}, key, h);
}

template struct DecoderBlock<float>;
template struct DecoderBlock<double>;

}  // namespace ebb::nn
