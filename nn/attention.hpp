#pragma once

#include <optional>

#include "../ops/ops.hpp"
#include "key_value_cache.hpp"
#include "linear.hpp"
#include "normalization.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct MultiHeadAttentionOptions {
  bool bias = true;
  Init init = Init::xavier_uniform();
  double value_scale = 1;   ///< Of the initial value weight.
  double output_scale = 1;  ///< Of the initial output weight: depth_scale(layers) in a deep residual stack.
  Index key_heads = 0;      ///< Heads of keys and values, each for several of the queries'; as many unless given.
  bool rotary = false;      ///< Turns queries and keys by their positions (see rotary_positions).
  bool qk_norm = false;     ///< RMS norm of each head's queries and keys (Henry et al. 2020; Dehghani et al. 2023).
  Index window = 0;         ///< Positions that one attends to, itself the last, so that attention is causal (Beltagy
                            ///< et al. 2020, "Longformer"); 0 for all.
};

/// Attention in several heads side by side, each on its own part of the width (Vaswani et al. 2017). The input x and
/// the result are [..., length, width]. Fewer heads of keys and values: Ainslie et al. 2023, "GQA".
template <class T = float>
struct MultiHeadAttention {
  /// Throws Error unless `heads` divides `width` and `key_heads` divides `heads`, and for rotary positions in heads of
  /// odd width.
  MultiHeadAttention(Index width, Index heads, Generator& generator, MultiHeadAttentionOptions options = {});

  /// Self-attention: x attends to itself. A mask or bias in the options broadcasts to [..., heads, length, length].
  Tensor<T> operator()(const Tensor<T>& x, const AttentionOptions<T>& options = {},
                       SourceLocation at = SourceLocation::current()) const;
  /// Cross-attention: x attends to `memory`, [..., keys, width]. Where positions count, the last of x stands at the
  /// last of the memory.
  Tensor<T> operator()(const Tensor<T>& x, const Tensor<T>& memory, const AttentionOptions<T>& options = {},
                       SourceLocation at = SourceLocation::current()) const;

  /// Self-attention of the next positions, x, to those in the cache and to themselves; their keys and values are added
  /// to the cache. With {.causal = true}, positions one by one, or some at once, get what a call on all of them gives,
  /// but for rounding. Throws Error while a tape records: no gradient goes through a cache.
  Tensor<T> operator()(const Tensor<T>& x, KeyValueCache<T>& cache, const AttentionOptions<T>& options = {},
                       SourceLocation at = SourceLocation::current()) const;

  /// The attention weights, which say how much each position attends to each other: [..., heads, length, keys]. Each
  /// row sums to 1, or to 0 if the mask hides all of it.
  Tensor<T> attention_weights(const Tensor<T>& x, const AttentionOptions<T>& options = {},
                              SourceLocation at = SourceLocation::current()) const;
  Tensor<T> attention_weights(const Tensor<T>& x, const Tensor<T>& memory, const AttentionOptions<T>& options = {},
                              SourceLocation at = SourceLocation::current()) const;

  void visit(auto& field) const {
    field("query", query), field("key", key), field("value", value), field("output", output);
    field("query_norm", query_norm), field("key_norm", key_norm);
  }

  Linear<T> query, key, value, output;
  std::optional<RMSNorm<T>> query_norm, key_norm;
  Heads heads;
  bool rotary;
  Index window;

 private:
  struct Projections {
    Tensor<T> q, k, v;
  };
  /// Queries of x, keys and values of `memory`, whose first positions are these: the last query stands at the last key.
  Projections project(const Tensor<T>& x, const Tensor<T>& memory, Index first_x, Index first_memory) const;
  /// The options, with what the window hides from these numbers of queries and keys.
  AttentionOptions<T> with_window(AttentionOptions<T> options, Index queries, Index keys) const;
};

/// The mask that hides padding from attention, for sequences of different lengths: ids [batch, keys] -> [batch, 1, 1,
/// keys], 0 where the id is `padding`, else 1. Throws Error unless `ids` has two axes.
IntArray padding_mask(const IntArray& ids, std::int32_t padding);

extern template struct MultiHeadAttention<float>;
extern template struct MultiHeadAttention<double>;

}  // namespace nn
}  // namespace ebb
