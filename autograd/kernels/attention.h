#pragma once

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// Dense queries [batches, queries, heads, width], keys [batches, keys, key_heads, width] and values [batches, keys,
/// key_heads, value_width]; heads is a multiple of key_heads, and neighbouring heads share keys and values.
template <class T>
struct AttentionInputs {
  Index batches, heads, key_heads, queries, keys, width, value_width;
  const T *q, *k, *v;
  bool causal;
  double scale;
  Shape scores;  // [..., queries, keys], a score for each batch and head; mask and bias broadcast to this shape
  Shape mask_shape = {};
  const std::int32_t* mask = nullptr;
  Shape bias_shape = {};
  const T* bias = nullptr;
};

/// y = softmax(q k^T scale + bias) v, [batches, queries, heads, value_width]; and of each row the largest score, and 1
/// / (the sum of e^(score - largest)), [batches, heads, queries]. The scores are never all in memory.
template <class T>
void attention(const AttentionInputs<T>& x, T* y, T* largest, T* inverse_sum);

/// The results of `attention`, and the derivative by y.
template <class T>
struct AttentionCotangent {
  const T *y, *largest, *inverse_sum, *dy;
};
/// Computes the derivatives by q, k and v.
template <class T>
void attention_derivative(const AttentionInputs<T>& x, const AttentionCotangent<T>& from, T* dq, T* dk, T* dv);

}  // namespace ebb::kernels
