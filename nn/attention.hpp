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

/// Attention in several heads side by side, each on its own part of the width (Vaswani et al. 2017). Inputs are
/// [..., length, width], and so is the result, with the length of x.
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

  /// How much each position attends to each: [..., heads, length, keys]. Each row sums to 1 (to 0 if all is masked).
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

/// The mask that keeps attention off the padding at the end (or anywhere) of shorter sequences: ids [batch, keys] ->
/// [batch, 1, 1, keys], 0 where the id is `padding`.
IntArray padding_mask(const IntArray& ids, std::int32_t padding);

extern template struct MultiHeadAttention<float>;
extern template struct MultiHeadAttention<double>;

}  // namespace nn
}  // namespace ebb
