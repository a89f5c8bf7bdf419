#include "attention.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../autograd/error.hpp"
#include "call.hpp"
#include "fail.hpp"

namespace ebb::nn {

namespace {

Index checked_heads(Index width, Index heads) {
  if (heads <= 0 || width % heads != 0)
    throw Error(fmt::format("MultiHeadAttention: a width of {} cannot be divided among {} heads", width, heads));
  return heads;
}

/// [..., length, width] -> [..., heads, length, width / heads]
template <class T>
Tensor<T> split_heads(const Tensor<T>& x, Index heads) {
  Shape shape = x.shape().with(-1, heads);
  shape.push_back(x.extent(-1) / heads);
  return transpose(reshape(x, shape), -3, -2);
}

/// [..., heads, length, width / heads] -> [..., length, width]
template <class T>
Tensor<T> join_heads(const Tensor<T>& x) {
  const Tensor<T> y = transpose(x, -3, -2);
  return reshape(y, y.shape().without(-1).with(-1, y.extent(-2) * y.extent(-1)));
}

template <class T>
void check_rank(const Tensor<T>& x, SourceLocation at) {
  if (x.rank() < 2)
    fail(fmt::format("attention needs an input of shape [..., length, width], but got {}", to_string(x.shape())), at);
}

}  // namespace

template <class T>
MultiHeadAttention<T>::MultiHeadAttention(Index width, Index heads_, Generator& generator,
                                          MultiHeadAttentionOptions options)
    : query(width, width, generator, {options.bias, options.init}),
      key(width, width, generator, {options.bias, options.init}),
      value(width, width, generator, {options.bias, options.init}),
      output(width, width, generator, {options.bias, options.init.scaled(options.output_scale)}),
      heads(checked_heads(width, heads_)) {}

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
  Scope caller("", at);
  const Tensor<T> q = split_heads(call("query", query, x), heads);
  const Tensor<T> k = split_heads(call("key", key, memory), heads);
  const Tensor<T> v = split_heads(call("value", value, memory), heads);
  return call("output", output, join_heads(scaled_dot_product_attention(q, k, v, options)));
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
  Scope caller("", at);
  const Tensor<T> q = split_heads(call("query", query, x), heads);
  const Tensor<T> k = split_heads(call("key", key, memory), heads);
  return ebb::attention_weights(q, k, options);
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
