#include <array>
#include <utility>

#include "../autograd/kernels/attention.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "attention.h"
#include "fusion.hpp"
#include "softmax.h"

// Attention as one op, whose kernel goes through the scores tile by tile and never holds them all. attention.cpp has
// the same made of ops, to read first.

namespace ebb {

namespace {

/// The arguments of attention beside its inputs; a bias is its fourth input. Without heads, there is no axis for them
/// inside the width.
struct AttentionAttributes {
  std::optional<std::int32_t> heads, key_heads;
  bool causal;
  double scale;
  IntArray mask;
  static void visit(auto& self, auto&& field) {
    field("heads", self.heads), field("key_heads", self.key_heads), field("causal", self.causal);
    field("scale", self.scale), field("mask", self.mask);
  }
};

/// The bias, the fourth of the inputs or saved tensors, if there is one; else undefined.
template <class T, class Tensors>
Tensor<T> bias_of(const Tensors& x) {
  return x.size() > 3 ? x[3] : Tensor<T>();
}

template <class T>
kernels::AttentionInputs<T> kernel_inputs(const Record<T>& r, const Tensor<T>& q, const Tensor<T>& k,
                                          const Tensor<T>& v, const Tensor<T>& bias) {
  const auto& asked = r.attributes.template as<AttentionAttributes>();
  const Index heads = asked.heads.value_or(1), key_heads = asked.key_heads.value_or(1);
  Shape scores = q.shape().with(-1, k.extent(-2));
  if (asked.heads) scores = scores.inserted(-3, heads);
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
          .causal = asked.causal,
          .scale = asked.scale,
          .scores = scores,
          .mask_shape = asked.mask.shape(),
          .mask = asked.mask.data(),
          .bias_shape = bias.shape(),
          .bias = bias.data()};
}

constexpr Formula scaled_dot_product_attention_formula{
    "Y = A V, A = softmax(S) over the keys that each query may attend to, S = scale Q K^T + bias",
    {"dQ = scale dS K, dS = A (dA - rowsum(A dA)), dA = dY V^T", "dK = scale dS^T Q, with the same dS", "dV = A^T dY",
     "dbias = dS, for which the whole of S is made"},
    "Values get the gradient shared out by the weights A; queries and keys get theirs through the softmax, which lets "
    "next to nothing pass once a row of A is nearly one-hot.",
};

constexpr Formula multi_head_attention_formula{
    "Y = for each head A V of its part of Q, K, V, side by side, A = softmax(S) over the keys that each query may "
    "attend to, S = scale Q K^T + bias",
    {"dQ = scale dS K in each head, dS = A (dA - rowsum(A dA)), dA = dY V^T",
     "dK = scale dS^T Q, with the same dS, summed over the heads that share K",
     "dV = A^T dY, summed over the heads that share V", "dbias = dS, for which the whole of S is made"},
    "Each head takes its own part of the gradient back through its own weights, so that one head whose softmax is "
    "saturated does not stop the others.",
};

template <class T>
Array<T> attention_forward(Record<T>& r, Inputs<T> x) {
  const auto inputs = kernel_inputs(r, x[0], x[1], x[2], bias_of<T>(x));
  Array<T> y(x[0].shape().with(-1, inputs.heads * inputs.value_width));
  const Shape rows{inputs.batches, inputs.heads, inputs.queries};
  Array<T> largest(rows), inverse_sum(rows);
  kernels::attention(inputs, y.mutable_data(), largest.mutable_data(), inverse_sum.mutable_data());
  for (const Tensor<T>& each : x) r.save(each);
  r.save_output();
  r.cache(largest);
  r.cache(inverse_sum);
  return y;
}

/// Sums each `times` neighbouring heads: the adjoint of repeat_heads.
template <class T>
Tensor<T> sum_heads(const Tensor<T>& x, Index times) {
  if (times == 1) return x;
  return sum(reshape(x, x.shape().with(-3, x.extent(-3) / times).inserted(-3, times)), -3);
}

/// The queries and keys of a record of attention as matrices, one for each head of the queries.
template <class T>
struct RecordedHeads {
  explicit RecordedHeads(const Record<T>& r)
      : asked(r.attributes.template as<AttentionAttributes>()),
        times(asked.heads ? *asked.heads / *asked.key_heads : 1),
        q(split(r.saved[0], asked.heads)),
        k(repeat_heads(split(r.saved[1], asked.key_heads), times)),
        options{.causal = asked.causal, .mask = asked.mask, .bias = bias_of<T>(r.saved), .scale = asked.scale} {}

  Tensor<T> split(const Tensor<T>& x, std::optional<std::int32_t> heads) const {
    return heads ? split_heads(x, *heads) : x;
  }
  Tensor<T> join(const Tensor<T>& x) const { return asked.heads ? join_heads(x) : x; }

  const AttentionAttributes& asked;
  Index times;  // heads of queries for each head of keys
  Tensor<T> q, k;
  AttentionOptions<T> options;
};

template <class T>
void composed_attention_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const RecordedHeads<T> h(r);
  const Tensor<T> a = attention_weights(h.q, h.k, h.options), dh = h.split(dy, h.asked.heads);
  const Tensor<T> v = repeat_heads(h.split(r.saved[2], h.asked.key_heads), h.times);
  if (d.needs(2)) d.add(2, h.join(sum_heads(matmul(a, dh, {.transpose_a = true}), h.times)));
  const bool wants_bias = r.inputs.size() > 3 && d.needs(3);
  if (!d.needs(0) && !d.needs(1) && !wants_bias) return;
  const Tensor<T> ds = softmax_adjoint(a, matmul(dh, v, {.transpose_b = true}), -1);
  if (d.needs(0)) d.add(0, h.join(h.asked.scale * matmul(ds, h.k)));
  if (d.needs(1)) d.add(1, h.join(sum_heads(matmul(ds, h.asked.scale * h.q, {.transpose_a = true}), h.times)));
  if (wants_bias) d.add(3, sum_to(ds, d.shape(3)));
}

template <class T>
void attention_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const bool wants_bias = r.inputs.size() > 3 && d.needs(3);
  if (d.create_graph() || wants_bias) return composed_attention_backward(r, dy, d);
  const Tensor<T>&q = r.saved[0], &k = r.saved[1], &v = r.saved[2];
  const auto inputs = kernel_inputs(r, q, k, v, bias_of<T>(r.saved));
  Array<T> dq(q.shape()), dk(k.shape()), dv(v.shape());
  kernels::attention_derivative<T>(inputs, {r.output.data(), r.cached[0].data(), r.cached[1].data(), dy.data()},
                                   dq.mutable_data(), dk.mutable_data(), dv.mutable_data());
  d.add(0, dq);
  d.add(1, dk);
  d.add(2, dv);
}

template <class T>
bool is_attention(const Record<T>& r) {
  return r.op == &Ops<T>::scaled_dot_product_attention || r.op == &Ops<T>::multi_head_attention;
}

template <class T>
bool same_batch(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape().with(-1, 1).with(-2, 1) == b.shape().with(-1, 1).with(-2, 1);
}

}  // namespace

EBB_OP(scaled_dot_product_attention, attention_forward<T>, attention_backward<T>, scaled_dot_product_attention_formula,
       .attributes = default_attributes<AttentionAttributes>)
EBB_OP(multi_head_attention, attention_forward<T>, attention_backward<T>, multi_head_attention_formula,
       .attributes = default_attributes<AttentionAttributes>)

template <class T>
bool fits_fused_attention(const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v) {
  return fused_operations() && same_batch(q, k) && same_batch(q, v);
}

template <class T>
Tensor<T> fused_attention(const Op<T>& op, const Tensor<T>& q, const Tensor<T>& k, const Tensor<T>& v,
                          std::optional<Heads> heads, const AttentionOptions<T>& options, Index width,
                          SourceLocation at) {
  const std::array<Tensor<T>, 4> x{q, k, v, options.bias};
  AttentionAttributes attributes{{}, {}, options.causal, scale_of(options, width), options.mask};
  if (heads) {
    attributes.heads = static_cast<std::int32_t>(heads->heads);
    attributes.key_heads = static_cast<std::int32_t>(heads->key_heads);
  }
  return apply(op, Inputs<T>(x.data(), options.bias.defined() ? 4 : 3), std::move(attributes), at);
}

template <class T>
AttentionRows<T> recorded_rows(const Record<T>& r) {
  if (!is_attention(r)) return {};
  const RecordedHeads<T> h(r);
  return {attention_weights(h.q, h.k, h.options), allowed_positions(h.options, h.q.extent(-2), h.k.extent(-2))};
}

#define EBB_INSTANTIATE(T)                                                                                     \
  template bool fits_fused_attention(const Tensor<T>&, const Tensor<T>&, const Tensor<T>&);                    \
  template Tensor<T> fused_attention(const Op<T>&, const Tensor<T>&, const Tensor<T>&, const Tensor<T>&,       \
                                     std::optional<Heads>, const AttentionOptions<T>&, Index, SourceLocation); \
  template AttentionRows<T> recorded_rows(const Record<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
