#include <fmt/format.h>

#include <cmath>

#include "../autograd/op.hpp"
#include "kernels/mask.hpp"
#include "ops.hpp"

// Attention as the text to learn from: made of ops, each with its own record. Query i takes the mean of the values,
// weighted by how well its key matches: softmax_j(q_i . k_j / sqrt(width)).

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
void check_widths(const Tensor<T>& q, const Tensor<T>& k, SourceLocation at) {
  const std::string shapes =
      fmt::format("queries of shape {} and keys of shape {}", to_string(q.shape()), to_string(k.shape()));
  if (q.rank() < 2 || k.rank() < 2)
    throw error_in("attention_weights", shapes + " need at least two axes: [..., positions, width]", at);
  if (q.extent(-1) != k.extent(-1)) throw error_in("attention_weights", shapes + " must have the same width", at);
}

template <class T>
void check_positions(const Tensor<T>& k, const Tensor<T>& v, SourceLocation at) {
  if (k.rank() < 2 || v.rank() < 2 || k.extent(-2) != v.extent(-2))
    throw error_in("scaled_dot_product_attention",
                   fmt::format("keys of shape {} and values of shape {} must have the same number of positions, on the "
                               "last axis but one",
                               to_string(k.shape()), to_string(v.shape())),
                   at);
}

void check_broadcasts(const char* what, const Shape& shape, const Shape& scores, SourceLocation at) {
  if (!broadcasts_to(shape, scores))
    throw error_in("attention_weights",
                   fmt::format("a {} of shape {} does not broadcast to the scores, {} ([..., queries, keys])", what,
                               to_string(shape), to_string(scores)),
                   at);
}

/// Where the causal order and the caller's mask both allow attending; undefined if there is neither.
IntArray allowed(bool causal, const IntArray& mask, Index queries, Index keys) {
  if (!causal) return mask;
  IntArray past(Shape{queries, keys});
  kernels::causal_mask(queries, keys, past.mutable_data());
  if (!mask.defined()) return past;
  IntArray both(broadcast_shape(mask.shape(), past.shape()));
  kernels::both_allow(mask, past, both);
  return both;
}

}  // namespace

template <class T>
Tensor<T> attention_weights(const Operand<T>& queries, const Operand<T>& keys, const AttentionOptions<T>& options,
                            SourceLocation at) {
  const Tensor<T> q = queries.tensor(at), k = keys.tensor(at);
  check_widths(q, k, at);
  // Scaled queries make scaled scores, and are the fewer numbers to scale.
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(q.extent(-1))));
  Tensor<T> scores = matmul(multiply(q, static_cast<T>(scale), at), k, {.transpose_b = true}, at);
  if (options.mask.defined()) check_broadcasts("mask", options.mask.shape(), scores.shape(), at);
  if (options.bias.defined()) {
    check_broadcasts("bias", options.bias.shape(), scores.shape(), at);
    scores = add(scores, options.bias, at);
  }
  return softmax(scores, allowed(options.causal, options.mask, q.extent(-2), k.extent(-2)), -1, at);
}

template <class T>
Tensor<T> scaled_dot_product_attention(const Operand<T>& queries, const Operand<T>& keys, const Operand<T>& values,
                                       const AttentionOptions<T>& options, SourceLocation at) {
  const Tensor<T> k = keys.tensor(at), v = values.tensor(at);
  check_positions(k, v, at);
  return matmul(attention_weights(queries, k, options, at), v, {}, at);
}

#define EBB_INSTANTIATE(T)                                                                                 \
  template Tensor<T> attention_weights(const Operand<T>&, const Operand<T>&, const AttentionOptions<T>&,   \
                                       SourceLocation);                                                    \
  template Tensor<T> scaled_dot_product_attention(const Operand<T>&, const Operand<T>&, const Operand<T>&, \
                                                  const AttentionOptions<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
