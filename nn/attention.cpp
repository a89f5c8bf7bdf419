#include "attention.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../autograd/called_at.h"
#include "../autograd/tape.hpp"
#include "../ops/attention.h"
#include "call.hpp"
#include "relative_positions.hpp"

namespace ebb::nn {

namespace {

/// The width, once it is sure that it can be divided.
Index checked_width(Index width, Index heads) {
  if (heads <= 0 || width < 0 || width % heads != 0)
    throw Error(fmt::format("MultiHeadAttention: a width of {} cannot be divided among {} heads", width, heads));
  return width;
}

Index key_width(Index width, Index heads, const MultiHeadAttentionOptions& options) {
  const Index key_heads = options.key_heads;
  if (key_heads < 0 || (key_heads > 0 && heads % key_heads != 0))
    throw Error(
        fmt::format("MultiHeadAttention: {} heads of queries cannot share {} heads of keys evenly", heads, key_heads));
  return key_heads > 0 ? width / heads * key_heads : width;
}

template <class T>
void check_rank(const Tensor<T>& x, SourceLocation at) {
  if (x.rank() < 2)
    throw error_at(
        fmt::format("attention needs an input of shape [..., length, width], but got {}", to_string(x.shape())), at);
}

}  // namespace

template <class T>
MultiHeadAttention<T>::MultiHeadAttention(Index width, Index heads_, Generator& generator,
                                          MultiHeadAttentionOptions options)
    : query(checked_width(width, heads_), width, generator, {options.bias, options.init}),
      key(width, key_width(width, heads_, options), generator, {options.bias, options.init}),
      value(width, key_width(width, heads_, options), generator,
            {options.bias, options.init.scaled(options.value_scale)}),
      output(width, width, generator, {options.bias, options.init.scaled(options.output_scale)}),
      heads{heads_, options.key_heads},
      rotary(options.rotary),
      window(options.window) {
  if (options.rotary && width / heads_ % 2 != 0)
    throw Error(
        fmt::format("MultiHeadAttention: rotary positions turn pairs of numbers, and a head of width {} has an "
                    "odd one",
                    width / heads_));
  if (options.window < 0) throw Error(fmt::format("MultiHeadAttention: a window cannot be {}", options.window));
  if (!options.qk_norm) return;
  query_norm.emplace(width / heads_);
  key_norm.emplace(width / heads_);
}

template <class T>
MultiHeadAttention<T>::Projections MultiHeadAttention<T>::project(const Tensor<T>& x, const Tensor<T>& memory,
                                                                  Index first_x, Index first_memory) const {
  const auto prepared = [&](const Tensor<T>& projected, const std::optional<RMSNorm<T>>& norm, Index count,
                            Index first) {
    if (!norm && !rotary) return projected;
    Tensor<T> h = split_heads(projected, count);
    if (norm) h = call(*this, *norm, h);
    if (rotary) h = rotary_positions(h, first);
    return join_heads(h);
  };
  const Index key_heads = heads.key_heads > 0 ? heads.key_heads : heads.heads;
  return {prepared(call(*this, query, x), query_norm, heads.heads, first_x),
          prepared(call(*this, key, memory), key_norm, key_heads, first_memory), call(*this, value, memory)};
}

template <class T>
AttentionOptions<T> MultiHeadAttention<T>::with_window(AttentionOptions<T> options, Index queries, Index keys) const {
  if (window == 0) return options;
  IntArray mask = sliding_window_mask(queries, keys, window);
  options.mask = options.mask.defined() ? logical_and(options.mask, mask) : mask;
  return options;
}

template <class T>
Tensor<T> MultiHeadAttention<T>::operator()(const Tensor<T>& x, const AttentionOptions<T>& options,
                                            SourceLocation at) const {
  return (*this)(x, x, options, at);
}

template <class T>
Tensor<T> MultiHeadAttention<T>::operator()(const Tensor<T>& x, const Tensor<T>& memory,
                                            const AttentionOptions<T>& options, SourceLocation at) const {
  check_rank(x, at);
  check_rank(memory, at);
  const Scope caller("", at);
  const auto [q, k, v] = project(x, memory, memory.extent(-2) - x.extent(-2), 0);
  return call(*this, output,
              multi_head_attention(q, k, v, heads, with_window(options, x.extent(-2), memory.extent(-2))));
}

template <class T>
Tensor<T> MultiHeadAttention<T>::operator()(const Tensor<T>& x, KeyValueCache<T>& cache,
                                            const AttentionOptions<T>& options, SourceLocation at) const {
  check_rank(x, at);
  if (Tape<T>::recording() != nullptr)
    throw error_at(
        "a cache of keys and values is for generating, and no gradient goes through it: call the layer "
        "where no tape records, or under NoRecording",
        at);
  const Scope caller("", at);
  const auto [q, k, v] = project(x, x, cache.length(), cache.length());
  KeyValueCache<T> longer = cache;
  longer.append(k, v);
  const Tensor<T> y = call(*this, output,
                           multi_head_attention(q, longer.keys(), longer.values(), heads,
                                                with_window(options, x.extent(-2), longer.length())));
  cache = std::move(longer);  // now that nothing can fail
  return y;
}

template <class T>
Tensor<T> MultiHeadAttention<T>::attention_weights(const Tensor<T>& x, const AttentionOptions<T>& options,
                                                   SourceLocation at) const {
  return attention_weights(x, x, options, at);
}

template <class T>
Tensor<T> MultiHeadAttention<T>::attention_weights(const Tensor<T>& x, const Tensor<T>& memory,
                                                   const AttentionOptions<T>& options, SourceLocation at) const {
  check_rank(x, at);
  check_rank(memory, at);
  const Scope caller("", at);
  const auto [q, k, v] = project(x, memory, memory.extent(-2) - x.extent(-2), 0);
  const Index repeats = heads.key_heads > 0 ? heads.heads / heads.key_heads : 1;
  const Tensor<T> keys = repeat_heads(split_heads(k, heads.heads / repeats), repeats);
  return ebb::attention_weights(split_heads(q, heads.heads), keys,
                                with_window(options, x.extent(-2), memory.extent(-2)));
}

IntArray padding_mask(const IntArray& ids, std::int32_t padding) {
  if (ids.rank() != 2)
    throw Error(fmt::format("padding_mask() needs ids of shape [batch, keys], but got {}", to_string(ids.shape())));
  IntArray mask({ids.extent(0), 1, 1, ids.extent(1)});
  std::transform(ids.values().begin(), ids.values().end(), mask.mutable_data(),
                 [padding](std::int32_t id) { return std::int32_t{id != padding}; });
  return mask;
}

template struct MultiHeadAttention<float>;
template struct MultiHeadAttention<double>;

}  // namespace ebb::nn
