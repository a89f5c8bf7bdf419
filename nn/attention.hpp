#pragma once

#include "../ops/ops.hpp"
#include "linear.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct MultiHeadAttentionOptions {
  bool bias = true;
  Init init = Init::xavier_uniform();
  double output_scale = 1;  ///< Of the initial output weight: depth_scale(layers) in a deep residual stack.
};

/// Attention in several heads side by side, each on its own part of the width (Vaswani et al. 2017). The input x and
/// the result are [..., length, width].
template <class T = float>
struct MultiHeadAttention {
  /// Throws Error unless `heads` divides `width`.
  MultiHeadAttention(Index width, Index heads, Generator& generator, MultiHeadAttentionOptions options = {});

  /// Self-attention: x attends to itself. A mask or bias in the options broadcasts to [..., heads, length, length].
  Tensor<T> operator()(const Tensor<T>& x, const AttentionOptions<T>& options = {},
                       SourceLocation at = SourceLocation::current()) const;
  /// Cross-attention: x attends to `memory`, [..., keys, width].
  Tensor<T> operator()(const Tensor<T>& x, const Tensor<T>& memory, const AttentionOptions<T>& options = {},
                       SourceLocation at = SourceLocation::current()) const;

  /// The attention weights, which say how much each position attends to each other: [..., heads, length, keys]. Each
  /// row sums to 1, or to 0 if the mask hides all of it.
  Tensor<T> attention_weights(const Tensor<T>& x, const AttentionOptions<T>& options = {},
                              SourceLocation at = SourceLocation::current()) const;
  Tensor<T> attention_weights(const Tensor<T>& x, const Tensor<T>& memory, const AttentionOptions<T>& options = {},
                              SourceLocation at = SourceLocation::current()) const;

  void visit(auto& field) const {
    field("query", query), field("key", key), field("value", value), field("output", output);
  }

  Linear<T> query, key, value, output;
  Index heads;
};

/// The mask that hides padding from attention, for sequences of different lengths: ids [batch, keys] -> [batch, 1, 1,
/// keys], 0 where the id is `padding`, else 1. Throws Error unless `ids` has two axes.
IntArray padding_mask(const IntArray& ids, std::int32_t padding);

extern template struct MultiHeadAttention<float>;
extern template struct MultiHeadAttention<double>;

}  // namespace nn
}  // namespace ebb
