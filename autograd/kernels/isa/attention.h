#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// Rows of one head inside a larger buffer.
template <class T>
struct HeadRows {
  T* data;
  Index step;  // from one row to the next
};

/// A term that is added to the scores of one head, or a mask that hides some: element (query, key). Null data: none.
template <class T>
struct ScoreTerm {
  const T* data = nullptr;
  Index query_step = 0, key_step = 0;
};

/// One head of attention: queries [queries, width], keys [keys, width], values [keys, value_width].
template <class T>
struct AttentionHead {
  Index queries, keys, width, value_width;
  bool causal;
  T scale;
  HeadRows<const T> q, k, v;
  ScoreTerm<std::int32_t> mask;
  ScoreTerm<T> bias;
};

/// The result for one head, and for each query the largest score, and 1 / (the sum of e^(score - largest)), 0 where it
/// sees no key. They stay two numbers: next to a large score, the logarithm of the sum would be lost.
template <class T>
struct AttentionResult {
  HeadRows<T> out;
  T *largest, *inverse_sum;
};

/// One head with its result, and the gradients. Keys and values, and so their gradients, may be those of several heads.
template <class T>
struct AttentionGradients {
  AttentionHead<T> head;
  AttentionResult<const T> result;
  HeadRows<const T> dy;
  HeadRows<T> dq, dk, dv;
  T* others;                  // for each settled query, to be added to: the sum of ds over all keys but the settled one
  std::int32_t* settled_key;  // of each settled query
};

/// Every `step`-th tile, from tile `first` on.
struct TileStride {
  Index first, step;
};

/// The parts of fused attention that differ between instruction sets.
template <class T>
struct AttentionKernels {
  Index tile;         // the number of queries, or keys, that are taken together
  Index query_tiles;  // the most tiles that one call of `forward` may take
  /// A query is settled on a key whose weight is more than this; then it is on no other.
  T settled_from;
  /// The number of elements of the workspace of a call.
  Index (*forward_workspace)(const AttentionHead<T>& head);
  Index (*backward_workspace)(const AttentionHead<T>& head);
  /// Computes the results of these tiles of queries.
  void (*forward)(const AttentionHead<T>& head, const AttentionResult<T>& result, TileStride tiles, T* workspace);
  /// Computes the gradients of these tiles of keys and values, which `count` heads share, and adds the part that these
  /// tiles have in the gradients of the queries of each head. The part of a key that a query is settled on is left out.
  void (*backward)(const AttentionGradients<T>* heads, Index count, TileStride tiles, T* workspace);

  template <Isa>
  static const AttentionKernels& on();
};

}  // namespace ebb::kernels
