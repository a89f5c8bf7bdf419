#pragma once

#include <optional>

#include "attention.hpp"
#include "block_parts.hpp"
#include "dropout.hpp"
#include "feed_forward.hpp"
#include "normalization.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The place of a block's norms: none, at the input of each branch, or after each branch (and its residual sum).
enum class Norm { none, pre, post };

struct TransformerBlockOptions {
  bool causal = false;   ///< Each position attends only to itself and to those before it.
  bool residual = true;  ///< Adds the input of each branch to its result.
  ResidualScaling scaling = {};
  Norm norm = Norm::pre;
  NormKind norm_kind = NormKind::layer_norm;
  Index hidden = 0;  ///< The width inside the feed-forward branch; four times the width unless given.
  Activation activation = Activation::gelu;
  bool gated = false;  ///< As in FeedForwardOptions: SwiGLU, with Activation::silu.
  double dropout = 0;  ///< The probability, on the result of each branch.
  bool bias = true;
  Init init = Init::xavier_uniform();
  double inner_scale = 1;   ///< Of the initial value and `up` weights: deep_norm_scale(layers), t_fixup_scale(layers).
  double output_scale = 1;  ///< Of the last initial weight of each branch: depth_scale(layers) in a deep stack.
  Index key_heads = 0;      ///< These four as in MultiHeadAttentionOptions.
  bool rotary = false;
  bool qk_norm = false;
  Index window = 0;
};

/// Self-attention, then a feed-forward network at each position: [..., length, width] -> [..., length, width]. With
/// residual sums and pre-norm it computes x + attention(norm(x)), and of this h, h + feed_forward(norm(h)) (Vaswani et
/// al. 2017; Xiong et al. 2020).
template <class T = float>
struct TransformerBlock {
  /// Throws Error unless `heads` divides `width`, and for options that cannot be.
  TransformerBlock(Index width, Index heads, Generator& generator, TransformerBlockOptions options = {});

  /// A key turns dropout on, for training. The mask broadcasts to [..., heads, length, length]; where it is 0, a
  /// position does not attend to the other. Announces x to the observers of the tape (see GradientFlow).
  Tensor<T> operator()(const Tensor<T>& x, std::optional<Key> key = {}, const IntArray& mask = {},
                       SourceLocation at = SourceLocation::current()) const;
  /// The next positions, x, of a text whose earlier ones are in the cache (see KeyValueCache). Throws Error unless the
  /// block is causal, and as MultiHeadAttention does.
  Tensor<T> operator()(const Tensor<T>& x, KeyValueCache<T>& cache,
                       SourceLocation at = SourceLocation::current()) const;
  /// The weights of the block's attention when the block's input is x: [..., heads, length, length].
  Tensor<T> attention_weights(const Tensor<T>& x, const IntArray& mask = {},
                              SourceLocation at = SourceLocation::current()) const;

  void visit(auto& field) const {
    field("attention_norm", attention_norm), field("attention", attention);
    field("feed_forward_norm", feed_forward_norm), field("feed_forward", feed_forward);
    field("attention_scale", attention_scale), field("feed_forward_scale", feed_forward_scale);
  }

  std::optional<BlockNorm<T>> attention_norm, feed_forward_norm;
  MultiHeadAttention<T> attention;
  FeedForward<T> feed_forward;
  Parameter<T> attention_scale, feed_forward_scale;  // of the branches; undefined unless they are learned
  Dropout<T> dropout;
  bool causal, residual;
  ResidualScaling scaling;
  Norm norm;

 private:
  /// The block with this attention: a function of its input.
  template <class Attend>
  Tensor<T> run(const Tensor<T>& x, std::optional<Key> key, const Attend& attend) const;
};

extern template struct TransformerBlock<float>;
extern template struct TransformerBlock<double>;

}  // namespace nn
}  // namespace ebb
