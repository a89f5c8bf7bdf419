#include "transformer_block.hpp"

#include "../autograd/called_at.h"
#include "../autograd/tape.hpp"
#include "block_branch.h"

namespace ebb::nn {

template <class T>
TransformerBlock<T>::TransformerBlock(Index width, Index heads, Generator& generator, TransformerBlockOptions options)
    : attention_norm(made_norm<T>(options, width)),
      feed_forward_norm(made_norm<T>(options, width)),
      attention(width, heads, generator, attention_options(options)),
      feed_forward(feed_forward_of<T>(options, width, generator)),
      attention_scale(branch_scale<T>(options.scaling, width)),
      feed_forward_scale(branch_scale<T>(options.scaling, width)),
      dropout(options.dropout),
      causal(options.causal),
      residual(options.residual),
      scaling(options.scaling),
      norm(options.norm) {}

template <class T>
template <class Attend>
Tensor<T> TransformerBlock<T>::run(const Tensor<T>& x, std::optional<Key> key, const Attend& attend) const {
  announce(x);
  const auto feed = [&](const Tensor<T>& h) { return call(*this, feed_forward, h); };
  const Tensor<T> h = run_branch(*this, attend, BranchParts<T>{attention_norm, attention_scale, 0}, key, x);
  return run_branch(*this, feed, BranchParts<T>{feed_forward_norm, feed_forward_scale, 1}, key, h);
}

template <class T>
Tensor<T> TransformerBlock<T>::operator()(const Tensor<T>& x, std::optional<Key> key, const IntArray& mask,
                                          SourceLocation at) const {
  const Scope caller("", at);
  return run(x, key, [&](const Tensor<T>& h) {
    return call(*this, attention, h, AttentionOptions<T>{.causal = causal, .mask = mask});
  });
}

template <class T>
Tensor<T> TransformerBlock<T>::operator()(const Tensor<T>& x, KeyValueCache<T>& cache, SourceLocation at) const {
  if (!causal && attention.window == 0)
    throw error_at("a cache is for a block whose positions do not attend to later ones: make it with {.causal = true}",
                   at);
  const Scope caller("", at);
  return run(x, std::nullopt, [&](const Tensor<T>& h) {
    const LayerScope scope(*this, attention);
    return attention(h, cache, AttentionOptions<T>{.causal = causal});
  });
}

template <class T>
Tensor<T> TransformerBlock<T>::attention_weights(const Tensor<T>& x, const IntArray& mask, SourceLocation at) const {
  const Scope caller("", at);
  const Tensor<T> h = norm == Norm::pre ? call(*this, *attention_norm, x) : x;
  const LayerScope scope(*this, attention);
  return attention.attention_weights(h, AttentionOptions<T>{.causal = causal, .mask = mask});
}

template struct TransformerBlock<float>;
template struct TransformerBlock<double>;

}  // namespace ebb::nn
