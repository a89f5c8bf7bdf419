#include "transformer_block.hpp"

#include "../autograd/tape.hpp"
#include "call.hpp"

namespace ebb::nn {

template <class T>
TransformerBlock<T>::TransformerBlock(Index width, Index heads, Generator& generator, TransformerBlockOptions options)
    : attention(width, heads, generator, {options.bias, options.init, options.output_scale}),
      feed_forward(width, options.hidden > 0 ? options.hidden : 4 * width, generator,
                   {options.activation, options.bias, options.init, options.output_scale}),
      dropout(options.dropout),
      causal(options.causal),
      residual(options.residual),
      norm(options.norm) {
  if (norm == Norm::none) return;
  attention_norm.emplace(width);
  feed_forward_norm.emplace(width);
}

template <class T>
Tensor<T> TransformerBlock<T>::operator()(const Tensor<T>& x, std::optional<Key> key, const IntArray& mask,
                                          SourceLocation at) const {
  Scope caller("", at);
  announce(x);
  // A branch with what surrounds it: the norm before or after, dropout, the residual sum.
  const auto surrounded = [&](const auto& branch, FieldName norm_name, const auto& normalize, std::uint64_t number,
                              const Tensor<T>& in) {
    Tensor<T> h = branch(norm == Norm::pre ? call(norm_name, *normalize, in) : in);
    h = dropout(h, key ? std::optional(key->child(number)) : std::nullopt);
    if (residual) h = in + h;
    return norm == Norm::post ? call(norm_name, *normalize, h) : h;
  };
  const auto attend = [&](const Tensor<T>& h) {
    return call("attention", attention, h, AttentionOptions<T>{.causal = causal, .mask = mask});
  };
  const auto feed = [&](const Tensor<T>& h) { return call("feed_forward", feed_forward, h); };
  return surrounded(feed, "feed_forward_norm", feed_forward_norm, 1,
                    surrounded(attend, "attention_norm", attention_norm, 0, x));
}

template <class T>
Tensor<T> TransformerBlock<T>::attention_weights(const Tensor<T>& x, const IntArray& mask, SourceLocation at) const {
  Scope caller("", at);
  const Tensor<T> h = norm == Norm::pre ? call("attention_norm", *attention_norm, x) : x;
  Scope scope("attention");
  return attention.attention_weights(h, AttentionOptions<T>{.causal = causal, .mask = mask});
}

template struct TransformerBlock<float>;
template struct TransformerBlock<double>;

}  // namespace ebb::nn
