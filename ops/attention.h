#pragma once

#include <optional>

#include "../autograd/op.hpp"
#include "ops.hpp"

// Shared by attention.cpp, fused_attention.cpp and nn/attention.cpp.
namespace ebb {

// ---- attention.cpp

/// The mask of the positions that the causal order, the caller's mask and the bias allow, which hides a key where it is
/// minus infinity; undefined if none hides any.
template <class T>
IntArray allowed_positions(const AttentionOptions<T>& options, Index queries, Index keys);

/// Repeats each head: [..., heads, length, width] -> [..., heads * times, length, width].
template <class T>
Tensor<T> repeat_heads(const Tensor<T>& x, Index times, SourceLocation at = SourceLocation::current());

/// The factor of the scores: the caller's, or 1/sqrt(width).
template <class T>
double scale_of(const AttentionOptions<T>& options, Index width);

// ---- fused_attention.cpp

/// Returns true if these inputs can go to the fused op; the composed form serves where axes broadcast. A function of
/// shapes alone, so that the values do not depend on what is recorded.
template <class T>
bool fits_fused_attention(const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v);

/// Calls the fused op, for heads of this width. Without `heads`, the scores have no axis for them.
template <class T>
Tensor<T> fused_attention(const Op<T>& op, const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v,
                          std::optional<Heads> heads, const AttentionOptions<T>& options, Index width,
                          SourceLocation at);

/// The weights of attention, and the mask of those that were allowed to be other than 0. The mask broadcasts to the
/// weights, and is undefined if nothing was forbidden.
template <class T>
struct AttentionRows {
  Tensor<T> weights;  // [..., queries, keys]
  IntArray allowed;
};

/// The weights within a record of fused attention, computed anew from what it saved; undefined for other records.
template <class T>
AttentionRows<T> recorded_rows(const Record<T>& record);

}  // namespace ebb
