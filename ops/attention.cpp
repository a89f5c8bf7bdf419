#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/kernels/mask.h"
#include "../autograd/kernels/norms.h"
#include "../autograd/op.hpp"
#include "../autograd/scope.hpp"
#include "all_ops.h"
#include "attention.h"
#include "new_array.h"
#include "ops.hpp"

// Attention: query i takes the mean of the values, weighted by how well its key matches: softmax_j(q_i . k_j scale).
// It comes twice: here made of ops, each with its own record, which is the text to learn from and hands out the
// weights; and in fused_attention.cpp as one op, whose kernel goes through the scores tile by tile and never holds them
// all.

namespace ebb EBB_PUBLIC {

namespace {

void check_broadcasts(const char* what, const Shape& shape, const Shape& scores, const char* op, SourceLocation at) {
  if (!broadcasts_to(shape, scores))
    throw error_in(op,
                   fmt::format("a {} of shape {} does not broadcast to the scores, {} ([..., queries, keys])", what,
                               to_string(shape), to_string(scores)),
                   at);
}

template <class T>
void check_terms(const AttentionOptions<T>& options, const Shape& scores, const char* op, SourceLocation at) {
  if (options.mask.defined()) check_broadcasts("mask", options.mask.shape(), scores, op, at);
  if (options.bias.defined()) check_broadcasts("bias", options.bias.shape(), scores, op, at);
}

template <class T>
void check_widths(const Tensor<T>& q, const Tensor<T>& k, const char* op, SourceLocation at) {
  const std::string shapes =
      fmt::format("queries of shape {} and keys of shape {}", to_string(q.shape()), to_string(k.shape()));
  if (q.rank() < 2 || k.rank() < 2) throw error_in(op, shapes + " need at least two axes: [..., positions, width]", at);
  if (q.extent(-1) != k.extent(-1)) throw error_in(op, shapes + " must have the same width", at);
}

template <class T>
void check_positions(const Tensor<T>& k, const Tensor<T>& v, const char* op, SourceLocation at) {
  if (k.rank() < 2 || v.rank() < 2 || k.extent(-2) != v.extent(-2))
    throw error_in(op,
                   fmt::format("keys of shape {} and values of shape {} must have the same number of positions, on the "
                               "last axis but one",
                               to_string(k.shape()), to_string(v.shape())),
                   at);
}

template <class T>
void check_heads(const char* what, const Tensor<T>& x, Index heads, SourceLocation at) {
  if (x.rank() < 2 || heads < 1 || x.extent(-1) % heads != 0)
    throw error_in("multi_head_attention",
                   fmt::format("{} of shape {} cannot be divided among {} heads: [..., positions, heads * width]", what,
                               to_string(x.shape()), heads),
                   at);
}

template <class T>
bool all_finite(const Tensor<T>& x) {
  return kernels::all_finite(x.size(), x.data());
}

/// Returns true if something may be hidden, and some number is infinite or NaN. The weight of what is hidden is 0, but
/// 0 times such a number is NaN: a product of matrices would carry it to queries that may not see it.
template <class T>
bool may_hide_non_finite(const AttentionOptions<T>& options, std::initializer_list<const Tensor<T>*> x) {
  if (!options.causal && !options.mask.defined() && !options.bias.defined()) return false;
  return !std::all_of(x.begin(), x.end(), [](const Tensor<T>* each) { return all_finite(*each); });
}

/// 1 where the condition holds for an element of x, else 0.
template <class T, class Condition>
IntArray marked(const Tensor<T>& x, Condition condition) {
  IntArray y(x.shape());
  std::transform(x.data(), x.data() + x.size(), y.mutable_data(), condition);
  return y;
}

/// x with 0 in the place of infinities and NaNs.
template <class T>
Tensor<T> finite_part(const Tensor<T>& x, SourceLocation at) {
  return where(marked(x, [](T value) { return std::isfinite(value); }), x, 0, at);
}

/// 1 for each pair of a query and a key that it may see, else 0: [..., queries, keys].
template <class T>
Tensor<T> seen_pairs(const Tensor<T>& q, const Tensor<T>& k, const IntArray& allowed) {
  return expand(where(allowed, ones<T>({}), 0), broadcast_shape(allowed.shape(), Shape{q.extent(-2), k.extent(-2)}));
}

/// 1 for each query that sees some key, and has an infinity or NaN in itself or in a key that it sees: [..., queries,
/// 1].
template <class T>
IntArray spoilt_queries(const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& sees) {
  const auto spoilt = [](const Tensor<T>& x) {
    return sum(to_tensor<T>(marked(x, [](T value) { return !std::isfinite(value); })), -1, {.keep = true});
  };
  return spoilt(q) * sum(sees, -1, {.keep = true}) + matmul(sees, spoilt(k)) > 0;
}

/// What the infinities and NaNs of the inputs add to attention over their finite parts, where they are seen: those of
/// values pass into the result, and one in a query or a key makes the whole row NaN. Elsewhere 0. A constant, so that
/// the derivatives are those of the finite parts.
template <class T>
Tensor<T> seen_non_finite(const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v, const IntArray& allowed) {
  const NoRecording off;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const Tensor<T> sees = seen_pairs(q, k, allowed);
  const auto infinite_where_seen = [&](const IntArray& in_values) {
    return where(matmul(sees, to_tensor<T>(in_values)) > 0, full<T>({}, infinity), 0);
  };
  const Tensor<T> up = infinite_where_seen(marked(v, [](T x) { return !(x < infinity); })),
                  down = infinite_where_seen(marked(v, [](T x) { return !(x > -infinity); }));
  return up - down + where(spoilt_queries(q, k, sees), full<T>({}, NAN), 0);
}

/// The weights of attention, in which nothing is done about infinities and NaNs.
template <class T>
Tensor<T> plain_weights(const Tensor<T>& q, const Tensor<T>& k, const AttentionOptions<T>& options, SourceLocation at) {
  // Scaled queries make scaled scores, and are the fewer numbers to scale.
  const double scale = scale_of(options, q.extent(-1));
  Tensor<T> scores = matmul(multiply(q, static_cast<T>(scale), at), k, {.transpose_b = true}, at);
  check_terms(options, scores.shape(), "attention_weights", at);
  if (options.bias.defined()) scores = add(scores, options.bias, at);
  return softmax(scores, allowed_positions(options, q.extent(-2), k.extent(-2)), -1, at);
}

/// Attention made of ops.
template <class T>
Tensor<T> composed_attention(const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v,
                             const AttentionOptions<T>& options, SourceLocation at) {
  if (!may_hide_non_finite(options, {&q, &k, &v})) return matmul(plain_weights(q, k, options, at), v, {}, at);
  const Tensor<T> weights = plain_weights(finite_part(q, at), finite_part(k, at), options, at);
  const IntArray allowed = allowed_positions(options, q.extent(-2), k.extent(-2));
  if (!allowed.defined()) return matmul(plain_weights(q, k, options, at), v, {}, at);
  return add(matmul(weights, finite_part(v, at), {}, at), seen_non_finite(q, k, v, allowed), at);
}

}  // namespace

template <class T>
Tensor<T> attention_weights(const Operand<T>& queries, const Operand<T>& keys, const AttentionOptions<T>& options,
                            SourceLocation at) {
  const Tensor<T> q = queries.tensor(at), k = keys.tensor(at);
  check_widths(q, k, "attention_weights", at);
  if (!may_hide_non_finite(options, {&q, &k})) return plain_weights(q, k, options, at);
  const Tensor<T> weights = plain_weights(finite_part(q, at), finite_part(k, at), options, at);
  const IntArray allowed = allowed_positions(options, q.extent(-2), k.extent(-2));
  if (!allowed.defined()) return plain_weights(q, k, options, at);
  const IntArray spoilt = spoilt_queries(q, k, seen_pairs(q, k, allowed));
  return add(weights, where(spoilt, where(allowed, full<T>({}, NAN), 0), 0), at);
}

template <class T>
Tensor<T> scaled_dot_product_attention(const Operand<T>& queries, const Operand<T>& keys, const Operand<T>& values,
                                       const AttentionOptions<T>& options, SourceLocation at) {
  const char* const name = "scaled_dot_product_attention";
  const Tensor<T> q = queries.tensor(at), k = keys.tensor(at), v = values.tensor(at);
  check_widths(q, k, name, at);
  check_positions(k, v, name, at);
  if (!fits_fused_attention(q, k, v) || may_hide_non_finite(options, {&q, &k, &v}))
    return composed_attention(q, k, v, options, at);
  check_terms(options, q.shape().with(-1, k.extent(-2)), name, at);
  return fused_attention(Ops<T>::scaled_dot_product_attention, q, k, v, std::nullopt, options, q.extent(-1), at);
}

template <class T>
Tensor<T> multi_head_attention(const Operand<T>& queries, const Operand<T>& keys, const Operand<T>& values, Heads heads,
                               const AttentionOptions<T>& options, SourceLocation at) {
  const char* const name = "multi_head_attention";
  const Tensor<T> q = queries.tensor(at), k = keys.tensor(at), v = values.tensor(at);
  if (heads.key_heads == 0) heads.key_heads = heads.heads;
  check_heads("queries", q, heads.heads, at);
  check_heads("keys", k, heads.key_heads, at);
  check_heads("values", v, heads.key_heads, at);
  const Index width = q.extent(-1) / heads.heads, times = heads.heads / heads.key_heads;
  check_positions(k, v, name, at);
  if (heads.heads % heads.key_heads != 0 || k.extent(-1) / heads.key_heads != width)
    throw error_in(
        name,
        fmt::format("queries of shape {} and keys of shape {} do not fit {} heads of queries and {} of keys: "
                    "the heads must divide, and each have the same width",
                    to_string(q.shape()), to_string(k.shape()), heads.heads, heads.key_heads),
        at);
  if (fits_fused_attention(q, k, v) && !may_hide_non_finite(options, {&q, &k, &v})) {
    check_terms(options, q.shape().with(-1, k.extent(-2)).inserted(-3, heads.heads), name, at);
    return fused_attention(Ops<T>::multi_head_attention, q, k, v, heads, options, width, at);
  }
  const auto repeated = [&](const Tensor<T>& x) {
    return repeat_heads(split_heads(x, heads.key_heads, at), times, at);
  };
  return join_heads(composed_attention(split_heads(q, heads.heads, at), repeated(k), repeated(v), options, at), at);
}

template <class T>
Tensor<T> split_heads(const Operand<T>& operand, Index heads, SourceLocation at) {
  const Tensor<T> x = operand.tensor(at);
  if (x.rank() < 2 || heads < 1 || x.extent(-1) % heads != 0)
    throw error_in(
        "split_heads",
        fmt::format("{} cannot be divided among {} heads: [..., length, heads * width]", to_string(x.shape()), heads),
        at);
  const Shape shape =
      named("split_heads", at, [&] { return x.shape().with(-1, heads).inserted(-1, x.extent(-1) / heads); });
  return transpose(reshape(x, shape, at), -3, -2, at);
}

template <class T>
Tensor<T> join_heads(const Operand<T>& operand, SourceLocation at) {
  const Tensor<T> x = transpose(operand, -3, -2, at);
  return reshape(x, x.shape().without(-1).with(-1, x.extent(-2) * x.extent(-1)), at);
}

#define EBB_INSTANTIATE(T)                                                                                 \
  template Tensor<T> attention_weights(const Operand<T>&, const Operand<T>&, const AttentionOptions<T>&,   \
                                       SourceLocation);                                                    \
  template Tensor<T> scaled_dot_product_attention(const Operand<T>&, const Operand<T>&, const Operand<T>&, \
                                                  const AttentionOptions<T>&, SourceLocation);             \
  template Tensor<T> multi_head_attention(const Operand<T>&, const Operand<T>&, const Operand<T>&, Heads,  \
                                          const AttentionOptions<T>&, SourceLocation);                     \
  template Tensor<T> split_heads(const Operand<T>&, Index, SourceLocation);                                \
  template Tensor<T> join_heads(const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

// For the library's own use, so not in its public namespace.
namespace ebb {

namespace {

/// What both masks allow; an undefined one allows all.
IntArray both(const IntArray& a, const IntArray& b) {
  if (!a.defined() || !b.defined()) return a.defined() ? a : b;
  IntArray result(broadcast_shape(a.shape(), b.shape()));
  kernels::both_allow(a, b, result);
  return result;
}

/// 0 where the bias is minus infinity; undefined if it is so nowhere.
template <class T>
IntArray allowed_by_bias(const Tensor<T>& bias) {
  constexpr T hidden = -std::numeric_limits<T>::infinity();
  if (!bias.defined() || std::find(bias.data(), bias.data() + bias.size(), hidden) == bias.data() + bias.size())
    return {};
  return marked(bias, [](T value) { return value != hidden; });
}

}  // namespace

template <class T>
IntArray allowed_positions(const AttentionOptions<T>& options, Index queries, Index keys) {
  const IntArray allowed = both(options.mask, allowed_by_bias(options.bias));
  if (!options.causal) return allowed;
  IntArray past(Shape{queries, keys});
  kernels::causal_mask(queries, keys, past.mutable_data());
  return both(allowed, past);
}

template <class T>
Tensor<T> repeat_heads(const Tensor<T>& x, Index times, SourceLocation at) {
  if (times == 1) return x;
  const Tensor<T> one = unsqueeze(x, -3, at);
  return reshape(expand(one, one.shape().with(-3, times), at), x.shape().with(-3, x.extent(-3) * times), at);
}

template <class T>
double scale_of(const AttentionOptions<T>& options, Index width) {
  return options.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
}

#define EBB_INSTANTIATE_PRIVATE(T)                                               \
  template IntArray allowed_positions(const AttentionOptions<T>&, Index, Index); \
  template Tensor<T> repeat_heads(const Tensor<T>&, Index, SourceLocation);      \
  template double scale_of(const AttentionOptions<T>&, Index);
EBB_INSTANTIATE_PRIVATE(float)
EBB_INSTANTIATE_PRIVATE(double)

}  // namespace ebb
