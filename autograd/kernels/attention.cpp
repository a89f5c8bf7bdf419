#include "attention.h"

#include <algorithm>
#include <vector>

#include "../storage/array.hpp"
#include "broadcast_loops.h"
#include "isa/attention.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// The least number of pieces into which the work is cut, if there are enough tiles, whatever the number of threads.
constexpr Index least_pieces = 16;

template <class T>
Index work_of(const AttentionInputs<T>& x) {
  return work_of_products(x.batches * x.heads * x.queries * x.keys * (x.width + x.value_width));
}

/// The part, for matrix n of the scores, of a mask or bias that broadcasts to them.
template <class T>
ScoreTerm<T> term_of(const Shape& scores, Index n, const Shape& shape, const T* data) {
  const BroadcastStrides strides(scores, shape);
  return {data + strides.offset(n * scores.extent(-2) * scores.extent(-1)), strides[-2], strides[-1]};
}

/// The rows of one head in [batches, count, heads, width].
template <class T>
HeadRows<T> rows_of(T* data, Index batch, Index count, Index heads, Index head, Index width) {
  return {data + (batch * count * heads + head) * width, heads * width};
}

template <class T>
AttentionHead<T> head_of(const AttentionInputs<T>& x, Index batch, Index head) {
  const Index key_head = head / (x.heads / x.key_heads), n = batch * x.heads + head;
  return {x.queries,
          x.keys,
          x.width,
          x.value_width,
          x.causal,
          static_cast<T>(x.scale),
          rows_of(x.q, batch, x.queries, x.heads, head, x.width),
          rows_of(x.k, batch, x.keys, x.key_heads, key_head, x.width),
          rows_of(x.v, batch, x.keys, x.key_heads, key_head, x.value_width),
          term_of(x.scores, n, x.mask_shape, x.mask),
          term_of(x.scores, n, x.bias_shape, x.bias)};
}

/// T is const where the result is read.
template <class T, class U>
AttentionResult<T> result_of(const AttentionInputs<U>& x, Index batch, Index head, T* y, T* largest, T* inverse_sum) {
  const Index first_row = (batch * x.heads + head) * x.queries;
  return {rows_of(y, batch, x.queries, x.heads, head, x.value_width), largest + first_row, inverse_sum + first_row};
}

/// The forward pass over one piece of one head's tiles of queries.
template <class T>
void attend(Index unit, const AttentionInputs<T>& x, Index pieces, T* y, T* largest, T* inverse_sum) {
  const auto& kernels = chosen<AttentionKernels<T>>();
  const Index batch = unit / pieces / x.heads, h = unit / pieces % x.heads;
  const AttentionHead<T> head = head_of(x, batch, h);
  Array<T> workspace(kernels.forward_workspace(head));
  kernels.forward(head, result_of(x, batch, h, y, largest, inverse_sum), {unit % pieces, pieces},
                  workspace.mutable_data());
}

/// The arrays that the backward pass reads beside its inputs, and those that it writes.
template <class T>
struct AttentionBuffers {
  AttentionCotangent<T> from;
  T *dq, *dk, *dv;
  T* first_copy;  // of dq
  Index dq_size;
  T* others;  // [pieces, rows]
  std::int32_t* settled_key;
  Index rows;  // batches * heads * queries
};

/// The backward pass over one piece of the tiles of keys that a group of heads shares.
template <class T>
void attend_backward(Index unit, const AttentionInputs<T>& x, Index pieces, const AttentionBuffers<T>& to) {
  const auto& kernels = chosen<AttentionKernels<T>>();
  const Index group = x.heads / x.key_heads;
  const Index batch = unit / pieces / x.key_heads, key_head = unit / pieces % x.key_heads, piece = unit % pieces;
  T* const dq_copy = piece == 0 ? to.dq : to.first_copy + (piece - 1) * to.dq_size;
  std::vector<AttentionGradients<T>> heads;
  for (Index h = key_head * group; h < (key_head + 1) * group; ++h)
    heads.push_back({head_of(x, batch, h), result_of(x, batch, h, to.from.y, to.from.largest, to.from.inverse_sum),
                     rows_of(to.from.dy, batch, x.queries, x.heads, h, x.value_width),
                     rows_of(dq_copy, batch, x.queries, x.heads, h, x.width),
                     rows_of(to.dk, batch, x.keys, x.key_heads, key_head, x.width),
                     rows_of(to.dv, batch, x.keys, x.key_heads, key_head, x.value_width),
                     to.others + piece * to.rows + (batch * x.heads + h) * x.queries,
                     to.settled_key + (batch * x.heads + h) * x.queries});
  Array<T> workspace(kernels.backward_workspace(heads[0].head));
  kernels.backward(heads.data(), group, {piece, pieces}, workspace.mutable_data());
}

template <class T>
void add_copies_of_tile(Index first, Index n, Index count, const T* copies, Index size, T* y) {
  for (Index c = 0; c < count; ++c)
    for (Index i = first; i < first + n; ++i) y[i] += copies[c * size + i];
}

/// y += each of `count` copies, in order.
template <class T>
void add_copies(Index count, const T* copies, Index size, T* y) {
  const Tiles tiles = element_tiles(size);
  parallel_for(tiles.count(), count * size, add_copies_of_tile<T>, tiles.starts(), tiles.sizes(), count, copies, size,
               y);
}

/// y += factor x
template <class T>
void add_multiple(Index n, T factor, const T* x, T* y) {
  for (Index i = 0; i < n; ++i) y[i] += factor * x[i];
}

/// Adds the part of the keys that queries are settled on, for the heads that share one head of keys: their ds is minus
/// the sum of the others in the row.
template <class T>
void add_settled(Index unit, const AttentionInputs<T>& x, Index pieces, const AttentionBuffers<T>& to) {
  const T settled_from = chosen<AttentionKernels<T>>().settled_from;
  const Index group = x.heads / x.key_heads, batch = unit / x.key_heads, key_head = unit % x.key_heads;
  const auto dk = rows_of(to.dk, batch, x.keys, x.key_heads, key_head, x.width);
  for (Index h = key_head * group; h < (key_head + 1) * group; ++h) {
    const AttentionHead<T> head = head_of(x, batch, h);
    const auto dq = rows_of(to.dq, batch, x.queries, x.heads, h, x.width);
    for (Index i = 0; i < x.queries; ++i) {
      const Index row = (batch * x.heads + h) * x.queries + i;
      if (!(to.from.inverse_sum[row] > settled_from)) continue;
      T others{0};
      for (Index piece = 0; piece < pieces; ++piece) others += to.others[piece * to.rows + row];
      const Index key = to.settled_key[row];
      add_multiple(x.width, -head.scale * others, head.k.data + key * head.k.step, dq.data + i * dq.step);
      add_multiple(x.width, -head.scale * others, head.q.data + i * head.q.step, dk.data + key * dk.step);
    }
  }
}

}  // namespace

template <class T>
void attention(const AttentionInputs<T>& x, T* y, T* largest, T* inverse_sum) {
  const auto& kernels = chosen<AttentionKernels<T>>();
  const Index tiles = tiles_of(x.queries, kernels.tile), heads = x.batches * x.heads;
  if (heads == 0 || tiles == 0) return;
  const Index pieces = std::max(tiles_of(tiles, kernels.query_tiles), std::min(tiles, tiles_of(least_pieces, heads)));
  parallel_for(heads * pieces, work_of(x), attend<T>, Counter{}, x, pieces, y, largest, inverse_sum);
}

template <class T>
void attention_derivative(const AttentionInputs<T>& x, const AttentionCotangent<T>& from, T* dq, T* dk, T* dv) {
  const Index tiles = tiles_of(x.keys, chosen<AttentionKernels<T>>().tile), key_heads = x.batches * x.key_heads;
  const Index dq_size = x.batches * x.queries * x.heads * x.width;
  if (tiles == 0) std::fill_n(dq, dq_size, T{0});
  if (key_heads == 0 || tiles == 0) return;
  // The first piece writes to dq, each other one to a copy of its own; these are then added in order.
  const Index pieces = std::min(tiles, tiles_of(least_pieces, key_heads));
  const Index rows = x.batches * x.heads * x.queries;
  Array<T> copies(Shape{pieces - 1, dq_size}), others(Shape{pieces, rows}, T{0});
  IntArray settled_key(Shape{rows}, 0);
  const AttentionBuffers<T> to{
      from, dq, dk, dv, copies.mutable_data(), dq_size, others.mutable_data(), settled_key.mutable_data(), rows};
  parallel_for(key_heads * pieces, 3 * work_of(x), attend_backward<T>, Counter{}, x, pieces, to);
  add_copies(pieces - 1, copies.data(), dq_size, dq);
  parallel_for(key_heads, 2 * dq_size, add_settled<T>, Counter{}, x, pieces, to);
}

#define EBB_INSTANTIATE(T)                                        \
  template void attention(const AttentionInputs<T>&, T*, T*, T*); \
  template void attention_derivative(const AttentionInputs<T>&, const AttentionCotangent<T>&, T*, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
