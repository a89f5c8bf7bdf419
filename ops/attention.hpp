#pragma once

#include <optional>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

template <class T>
struct AttentionOptions {
  bool causal = false;  ///< Position i attends to positions up to i (counted from the end of the keys).
  IntArray mask = {};   ///< Where not 0, attending is allowed; broadcasts to [..., queries, keys].
  Tensor<T> bias = {};  ///< Added to the scores; broadcasts to [..., queries, keys]. Minus infinity hides a key.
  std::optional<double> scale = {};  ///< Of the scores; 1/sqrt(width) unless given.
};
/// softmax(q k^T scale + bias), over what the masks allow: q [..., queries, width], k [..., keys, width] ->
/// [..., queries, keys]. A row that may attend to nothing is 0, with gradients 0.
template <class T>
Tensor<T> attention_weights(const Operand<T>& q, const Operand<T>& k, const AttentionOptions<T>& options = {},
                            SourceLocation at = SourceLocation::current());
/// attention_weights(q, k) v: v [..., keys, width_v] -> [..., queries, width_v] (Vaswani et al. 2017, equation 1). What
/// is hidden from a query may be infinite or NaN, and reaches neither its result nor a gradient through it.
template <class T>
Tensor<T> scaled_dot_product_attention(const Operand<T>& q, const Operand<T>& k, const Operand<T>& v,
                                       const AttentionOptions<T>& options = {},
                                       SourceLocation at = SourceLocation::current());

/// The number of heads that stand side by side in the width of the queries, and in that of the keys and values.
struct Heads {
  Index heads = 1;
  Index key_heads = 0;  ///< As many unless given; fewer, each for several heads, as in grouped-query attention.
};
/// Attention in several heads, each on its part of the width, as the projections leave them: q [..., queries, heads *
/// width], k [..., keys, key_heads * width], v [..., keys, key_heads * width_v] -> [..., queries, heads * width_v]. A
/// mask or bias broadcasts to [..., heads, queries, keys]. Throws Error unless key_heads divides heads, which divide
/// the widths (Vaswani et al. 2017; fewer key heads: Ainslie et al. 2023, "GQA").
template <class T>
Tensor<T> multi_head_attention(const Operand<T>& q, const Operand<T>& k, const Operand<T>& v, Heads heads,
                               const AttentionOptions<T>& options = {}, SourceLocation at = SourceLocation::current());
/// [..., length, heads * width] -> [..., heads, length, width]: heads as matrices of their own, for attention_weights.
template <class T>
Tensor<T> split_heads(const Operand<T>& x, Index heads, SourceLocation at = SourceLocation::current());
/// Undoes split_heads: [..., heads, length, width] -> [..., length, heads * width].
template <class T>
Tensor<T> join_heads(const Operand<T>& x, SourceLocation at = SourceLocation::current());

}  // namespace ebb
