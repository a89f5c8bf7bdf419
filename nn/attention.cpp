#include "attention.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../autograd/called_at.h"
#include "call.hpp"

namespace ebb::nn {

namespace {

/// The width, once it is sure that it can be divided.
Index checked_width(Index width, Index heads) {
  if (heads <= 0 || width < 0 || width % heads != 0)
    throw Error(fmt::format("MultiHeadAttention: a width of {} cannot be divided among {} heads", width, heads));
  return width;
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
      key(width, width, generator, {options.bias, options.init}),
      value(width, width, generator, {options.bias, options.init}),
      output(width, width, generator, {options.bias, options.init.scaled(options.output_scale)}),
      heads(heads_) {}

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
  const Tensor<T> q = call(*this, query, x), k = call(*this, key, memory), v = call(*this, value, memory);
  return call(*this, output, multi_head_attention(q, k, v, {heads}, options));
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
  const Tensor<T> q = call(*this, query, x), k = call(*this, key, memory);
  return ebb::attention_weights(split_heads(q, heads), split_heads(k, heads), options);
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
