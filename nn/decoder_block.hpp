#pragma once

#include <optional>

#include "transformer_block.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A block of a decoder: self-attention, causal whatever the options say, then attention to the encoder's result, then
/// a feed-forward network at each position (Vaswani et al. 2017): x [..., length, width] and memory [..., keys, width]
/// -> [..., length, width]. Residual sums and norms are placed as in TransformerBlock.
template <class T = float>
struct DecoderBlock {
  /// Throws Error as TransformerBlock does.
  DecoderBlock(Index width, Index heads, Generator& generator, TransformerBlockOptions options = {});

  /// A key turns dropout on, for training. The mask, which broadcasts to [..., heads, length, keys], hides parts of the
  /// memory: padding_mask(ids, padding).
  Tensor<T> operator()(const Tensor<T>& x, const Tensor<T>& memory, std::optional<Key> key = {},
                       const IntArray& memory_mask = {}, SourceLocation at = SourceLocation::current()) const;

  void visit(auto& field) const {
    field("attention_norm", attention_norm), field("attention", attention);
    field("memory_norm", memory_norm), field("memory_attention", memory_attention);
    field("feed_forward_norm", feed_forward_norm), field("feed_forward", feed_forward);
    field("attention_scale", attention_scale), field("memory_scale", memory_scale);
    field("feed_forward_scale", feed_forward_scale);
  }

  std::optional<BlockNorm<T>> attention_norm, memory_norm, feed_forward_norm;
  MultiHeadAttention<T> attention, memory_attention;
  FeedForward<T> feed_forward;
  Parameter<T> attention_scale, memory_scale, feed_forward_scale;  // of the branches; undefined unless they are learned
  Dropout<T> dropout;
  bool residual;
  ResidualScaling scaling;
  Norm norm;
};

extern template struct DecoderBlock<float>;
extern template struct DecoderBlock<double>;

}  // namespace nn
}  // namespace ebb
