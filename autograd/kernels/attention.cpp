#include "attention.h"

#include <algorithm>
#include <vector>

#include "../storage/array.hpp"
#include "broadcast_loops.h"
#include "isa/attention.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// Into so many pieces at least is the work cut, where there are tiles enough, whatever the number of threads.
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
AttentionResult<T> result_of(const AttentionInputs<U>& x, Index batch, Index head, T* y, T* log_sum_exp) {
  return {rows_of(y, batch, x.queries, x.heads, head, x.value_width),
          log_sum_exp + (batch * x.heads + head) * x.queries};
}

/// y += each of `count` copies, in order.
template <class T>
void add_copies(Index count, const T* copies, Index n, T* y) {
  constexpr Index block = 4096;
  parallel_for(tiles_of(n, block), count * n, [&](Index b) {
    const Index end = std::min(n, (b + 1) * block);
    for (Index c = 0; c < count; ++c)
      for (Index i = b * block; i < end; ++i) y[i] += copies[c * n + i];
  });
}

}  // namespace

template <class T>
void attention(const AttentionInputs<T>& x, T* y, T* log_sum_exp) {
  const auto& kernels = chosen<AttentionKernels<T>>();
  const Index tiles = tiles_of(x.queries, kernels.tile), heads = x.batches * x.heads;
  if (heads == 0 || tiles == 0) return;
  const Index pieces = std::max(tiles_of(tiles, kernels.query_tiles), std::min(tiles, tiles_of(least_pieces, heads)));
  parallel_for(heads * pieces, work_of(x), [&](Index i) {
    const Index batch = i / pieces / x.heads, h = i / pieces % x.heads;
    const AttentionHead<T> head = head_of(x, batch, h);
    Array<T> scratch(kernels.forward_scratch(head));
    kernels.forward(head, result_of(x, batch, h, y, log_sum_exp), {i % pieces, pieces}, scratch.mutable_data());
  });
}

template <class T>
void attention_derivative(const AttentionInputs<T>& x, const T* y, const T* log_sum_exp, const T* dy, T* dq, T* dk,
                          T* dv) {
  const auto& kernels = chosen<AttentionKernels<T>>();
  const Index tiles = tiles_of(x.keys, kernels.tile), key_heads = x.batches * x.key_heads,
              group = x.heads / x.key_heads;
  const Index dq_size = x.batches * x.queries * x.heads * x.width;
  if (tiles == 0) std::fill_n(dq, dq_size, T{0});
  if (key_heads == 0 || tiles == 0) return;
  // The first piece writes to dq, each other one to a copy of its own; these are then added in order.
  const Index pieces = std::min(tiles, tiles_of(least_pieces, key_heads));
  Array<T> copies(Shape{pieces - 1, dq_size});
  T* const first_copy = copies.mutable_data();
  parallel_for(key_heads * pieces, 3 * work_of(x), [&](Index i) {
    const Index batch = i / pieces / x.key_heads, key_head = i / pieces % x.key_heads, piece = i % pieces;
    T* const dq_copy = piece == 0 ? dq : first_copy + (piece - 1) * dq_size;
    std::vector<AttentionGradients<T>> heads;
    for (Index h = key_head * group; h < (key_head + 1) * group; ++h)
      heads.push_back({head_of(x, batch, h), result_of(x, batch, h, y, log_sum_exp),
                       rows_of(dy, batch, x.queries, x.heads, h, x.value_width),
                       rows_of(dq_copy, batch, x.queries, x.heads, h, x.width),
                       rows_of(dk, batch, x.keys, x.key_heads, key_head, x.width),
                       rows_of(dv, batch, x.keys, x.key_heads, key_head, x.value_width)});
    Array<T> scratch(kernels.backward_scratch(heads[0].head));
    kernels.backward(heads.data(), group, {piece, pieces}, scratch.mutable_data());
  });
  add_copies(pieces - 1, copies.data(), dq_size, dq);
}

#define EBB_INSTANTIATE(T)                                    \
  template void attention(const AttentionInputs<T>&, T*, T*); \
  template void attention_derivative(const AttentionInputs<T>&, const T*, const T*, const T*, T*, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
