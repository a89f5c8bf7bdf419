#include <fmt/format.h>

#include <cmath>

#include "../autograd/kernels/attention.h"
#include "../autograd/kernels/mask.h"
#include "../autograd/op.hpp"
#include "attention_rows.h"
#include "families.h"
#include "fusion.hpp"
#include "ops.hpp"

// Attention: query i takes the mean of the values, weighted by how well its key matches: softmax_j(q_i . k_j scale).
// It comes twice: made of ops, each with its own record, which is the text to learn from and hands out the weights; and
// as one op, whose kernel goes through the scores tile by tile and never holds them all.

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

template <class T>
double scale_of(const AttentionOptions<T>& options, Index width) {
  return options.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
}

}  // namespace

template <class T>
Tensor<T> attention_weights(const Operand<T>& queries, const Operand<T>& keys, const AttentionOptions<T>& options,
                            SourceLocation at) {
  const Tensor<T> q = queries.tensor(at), k = keys.tensor(at);
  check_widths(q, k, "attention_weights", at);
  // Scaled queries make scaled scores, and are the fewer numbers to scale.
  const double scale = scale_of(options, q.extent(-1));
  Tensor<T> scores = matmul(multiply(q, static_cast<T>(scale), at), k, {.transpose_b = true}, at);
  check_terms(options, scores.shape(), "attention_weights", at);
  if (options.bias.defined()) scores = add(scores, options.bias, at);
  return softmax(scores, allowed(options.causal, options.mask, q.extent(-2), k.extent(-2)), -1, at);
}

namespace {

/// Repeats each head: [..., heads, length, width] -> [..., heads * times, length, width].
template <class T>
Tensor<T> repeat_heads(const Tensor<T>& x, Index times, SourceLocation at = SourceLocation::current()) {
  if (times == 1) return x;
  const Tensor<T> one = unsqueeze(x, -3, at);
  return reshape(expand(one, one.shape().with(-3, times), at), x.shape().with(-3, x.extent(-3) * times), at);
}

/// Sums each `times` neighbouring heads: the adjoint of repeat_heads.
template <class T>
Tensor<T> sum_heads(const Tensor<T>& x, Index times) {
  if (times == 1) return x;
  return sum(reshape(x, x.shape().with(-3, x.extent(-3) / times).inserted(-3, times)), -3);
}

// The fused op keeps in `integers` the heads of queries and of keys (0: there is no such axis inside the width) and
// whether it is causal, in `numbers` the scale, in `indices` the mask; a bias is its fourth input.

template <class T>
kernels::AttentionInputs<T> kernel_inputs(const Record<T>& r, const Tensor<T>& q, const Tensor<T>& k,
                                          const Tensor<T>& v, const Tensor<T>& bias) {
  const Shape& integers = r.attributes.integers;
  const Index heads = std::max(integers[0], Index{1}), key_heads = std::max(integers[1], Index{1});
  Shape scores = q.shape().with(-1, k.extent(-2));
  if (integers[0] > 0) scores = scores.inserted(-3, heads);
  const IntArray& mask = r.attributes.indices;
  return {.batches = q.shape().without(-1).without(-1).size(),
          .heads = heads,
          .key_heads = key_heads,
          .queries = q.extent(-2),
          .keys = k.extent(-2),
          .width = q.extent(-1) / heads,
          .value_width = v.extent(-1) / key_heads,
          .q = q.data(),
          .k = k.data(),
          .v = v.data(),
          .causal = integers[2] != 0,
          .scale = r.attributes.numbers[0],
          .scores = scores,
          .mask_shape = mask.shape(),
          .mask = mask.data(),
          .bias_shape = bias.shape(),
          .bias = bias.data()};
}

constexpr Formula scaled_dot_product_attention_formula{
    "Y = A V, A = softmax(S) over the keys that each query may attend to, S = scale Q K^T + bias",
    {"dQ = scale dS K, dS = A (dA - rowsum(A dA)), dA = dY V^T", "dK = scale dS^T Q, with the same dS", "dV = A^T dY",
     "dbias = dS, which this op leaves out: a bias that wants it gets attention made of matmul, add and softmax"},
    "Values get the gradient shared out by the weights A; queries and keys get theirs through the softmax, which lets "
    "next to nothing pass once a row of A is nearly one-hot.",
};

constexpr Formula multi_head_attention_formula{
    "Y = for each head A V of its part of Q, K, V, side by side, A = softmax(S) over the keys that each query may "
    "attend to, S = scale Q K^T + bias",
    {"dQ = scale dS K in each head, dS = A (dA - rowsum(A dA)), dA = dY V^T",
     "dK = scale dS^T Q, with the same dS, summed over the heads that share K",
     "dV = A^T dY, summed over the heads that share V",
     "dbias = dS, which this op leaves out: a bias that wants it gets attention made of matmul, add and softmax"},
    "Each head takes its own part of the gradient back through its own weights, so that one head whose softmax is "
    "saturated does not stop the others.",
};

template <class T>
Array<T> attention_forward(Record<T>& r, Inputs<T> x) {
  const auto inputs = kernel_inputs(r, x[0], x[1], x[2], x.size() > 3 ? x[3] : Tensor<T>());
  Array<T> y(x[0].shape().with(-1, inputs.heads * inputs.value_width));
  Array<T> log_sum_exp(Shape{inputs.batches, inputs.heads, inputs.queries});
  kernels::attention(inputs, y.mutable_data(), log_sum_exp.mutable_data());
  for (const Tensor<T>& each : x) r.save(each);
  r.save_output();
  r.cache(log_sum_exp);
  return y;
}

/// The queries and keys of a record of attention as matrices, one for each head of the queries.
template <class T>
struct RecordedHeads {
  explicit RecordedHeads(const Record<T>& r)
      : heads(r.attributes.integers[0]),
        key_heads(r.attributes.integers[1]),
        times(heads == 0 ? 1 : heads / key_heads),
        q(split(r.saved[0], heads)),
        k(repeat_heads(split(r.saved[1], key_heads), times)) {}

  Tensor<T> split(const Tensor<T>& x, Index n) const { return heads == 0 ? x : split_heads(x, n); }
  Tensor<T> join(const Tensor<T>& x) const { return heads == 0 ? x : join_heads(x); }
  Tensor<T> weights(const Record<T>& r) const {
    return attention_weights(q, k,
                             {.causal = r.attributes.integers[2] != 0,
                              .mask = r.attributes.indices,
                              .bias = r.saved.size() > 3 ? r.saved[3] : Tensor<T>(),
                              .scale = r.attributes.numbers[0]});
  }

  Index heads, key_heads, times;  // of queries and of keys, 0 if there is no such axis; queries for each key head
  Tensor<T> q, k;
};

template <class T>
void composed_attention_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const RecordedHeads<T> h(r);
  const Tensor<T> a = h.weights(r), dh = h.split(dy, h.heads);
  const Tensor<T> v = repeat_heads(h.split(r.saved[2], h.key_heads), h.times);
  if (d.needs(2)) d.add(2, h.join(sum_heads(matmul(a, dh, {.transpose_a = true}), h.times)));
  if (!d.needs(0) && !d.needs(1)) return;
  const double scale = r.attributes.numbers[0];
  const Tensor<T> da = matmul(dh, v, {.transpose_b = true});
  const Tensor<T> ds = scale * a * (da - sum(a * da, -1, {.keep = true}));
  if (d.needs(0)) d.add(0, h.join(matmul(ds, h.k)));
  if (d.needs(1)) d.add(1, h.join(sum_heads(matmul(ds, h.q, {.transpose_a = true}), h.times)));
}

template <class T>
void attention_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.create_graph()) return composed_attention_backward(r, dy, d);
  const Tensor<T>&q = r.saved[0], &k = r.saved[1], &v = r.saved[2];
  const auto inputs = kernel_inputs(r, q, k, v, r.saved.size() > 3 ? r.saved[3] : Tensor<T>());
  Array<T> dq(q.shape()), dk(k.shape()), dv(v.shape());
  kernels::attention_derivative(inputs, r.output.data(), r.cached[0].data(), dy.data(), dq.mutable_data(),
                                dk.mutable_data(), dv.mutable_data());
  d.add(0, dq);
  d.add(1, dk);
  d.add(2, dv);
}

template <class T>
constexpr Op<T> scaled_dot_product_attention_op{"scaled_dot_product_attention", attention_forward<T>,
                                                attention_backward<T>, scaled_dot_product_attention_formula};
template <class T>
constexpr Op<T> multi_head_attention_op{"multi_head_attention", attention_forward<T>, attention_backward<T>,
                                        multi_head_attention_formula};

template <class T>
bool is_attention(const Record<T>& r) {
  return r.op == &scaled_dot_product_attention_op<T> || r.op == &multi_head_attention_op<T>;
}

template <class T>
bool same_batch(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape().with(-1, 1).with(-2, 1) == b.shape().with(-1, 1).with(-2, 1);
}

/// The composed form serves where axes broadcast, and where a bias wants its gradient, which is as large as the scores.
template <class T>
bool fuses(const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v, const AttentionOptions<T>& options) {
  return fused_operations() && same_batch(q, k) && same_batch(q, v) && !options.bias.tracked();
}

template <class T>
Tensor<T> fused_attention(const Op<T>& op, const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v, Heads heads,
                          const AttentionOptions<T>& options, Index width, SourceLocation at) {
  const std::array<Tensor<T>, 4> x{q, k, v, options.bias};
  return apply(op, Inputs<T>(x.data(), options.bias.defined() ? 4 : 3),
               {.integers = {heads.heads, heads.key_heads, options.causal},
                .numbers = {scale_of(options, width)},
                .indices = options.mask},
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

}  // namespace

template <class T>
Tensor<T> scaled_dot_product_attention(const Operand<T>& queries, const Operand<T>& keys, const Operand<T>& values,
                                       const AttentionOptions<T>& options, SourceLocation at) {
  const char* const name = "scaled_dot_product_attention";
  const Tensor<T> q = queries.tensor(at), k = keys.tensor(at), v = values.tensor(at);
  check_widths(q, k, name, at);
  check_positions(k, v, name, at);
  if (!fuses(q, k, v, options)) return matmul(attention_weights(q, k, options, at), v, {}, at);
  check_terms(options, q.shape().with(-1, k.extent(-2)), name, at);
  return fused_attention(scaled_dot_product_attention_op<T>, q, k, v, {0, 0}, options, q.extent(-1), at);
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
  if (fuses(q, k, v, options)) {
    check_terms(options, q.shape().with(-1, k.extent(-2)).inserted(-3, heads.heads), name, at);
    return fused_attention(multi_head_attention_op<T>, q, k, v, heads, options, width, at);
  }
  const Tensor<T> weights = attention_weights(
      split_heads(q, heads.heads, at), repeat_heads(split_heads(k, heads.key_heads, at), times, at), options, at);
  return join_heads(matmul(weights, repeat_heads(split_heads(v, heads.key_heads, at), times, at), {}, at), at);
}

template <class T>
Tensor<T> split_heads(const Operand<T>& operand, Index heads, SourceLocation at) {
  const Tensor<T> x = operand.tensor(at);
  if (x.rank() < 2 || heads < 1 || x.extent(-1) % heads != 0)
    throw error_in(
        "split_heads",
        fmt::format("{} cannot be divided among {} heads: [..., length, heads * width]", to_string(x.shape()), heads),
        at);
  Shape shape = x.shape().with(-1, heads);
  shape.push_back(x.extent(-1) / heads);
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

template <class T>
AttentionRows<T> recorded_rows(const Record<T>& r) {
  if (!is_attention(r)) return {};
  const RecordedHeads<T> h(r);
  const bool causal = r.attributes.integers[2] != 0;
  return {h.weights(r), allowed(causal, r.attributes.indices, h.q.extent(-2), h.k.extent(-2))};
}

template AttentionRows<float> recorded_rows(const Record<float>&);
template AttentionRows<double> recorded_rows(const Record<double>&);

}  // namespace ebb

EBB_FAMILY(attention, &scaled_dot_product_attention_op<T>, &multi_head_attention_op<T>)
