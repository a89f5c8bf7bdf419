#pragma once

#include <fmt/format.h>

#include <optional>

#include "../autograd/base/error.hpp"
#include "../autograd/tape.hpp"
#include "call.hpp"
#include "transformer_block.hpp"

namespace ebb::nn {

/// The options of a block's self-attention.
inline MultiHeadAttentionOptions attention_options(const TransformerBlockOptions& options) {
  return {.bias = options.bias,
          .init = options.init,
          .value_scale = options.inner_scale,
          .output_scale = options.output_scale,
          .key_heads = options.key_heads,
          .rotary = options.rotary,
          .qk_norm = options.qk_norm,
          .window = options.window};
}

template <class T>
FeedForward<T> feed_forward_of(const TransformerBlockOptions& options, Index width, Generator& generator) {
  if (options.hidden < 0)
    throw Error(fmt::format("a block's hidden width cannot be {}; 0 stands for 4 widths", options.hidden));
  return FeedForward<T>(width, options.hidden > 0 ? options.hidden : 4 * width, generator,
                        {.activation = options.activation,
                         .gated = options.gated,
                         .bias = options.bias,
                         .init = options.init,
                         .up_scale = options.inner_scale,
                         .output_scale = options.output_scale});
}

template <class T>
std::optional<BlockNorm<T>> made_norm(const TransformerBlockOptions& options, Index width) {
  if (options.norm == Norm::none) return std::nullopt;
  return BlockNorm<T>(options.norm_kind, width);
}

/// The part of a block around one branch: the norm before it, or dropout, scale, the residual sum and the norm after
/// it. The branch takes child `number` of the key.
template <class T>
struct BranchParts {
  const std::optional<BlockNorm<T>>& norm;
  const Parameter<T>& scale;
  std::uint64_t number;
};

template <class Block, class Branch, class T>
Tensor<T> run_branch(const Block& block, const Branch& branch, const BranchParts<T>& parts,
                     const std::optional<Key>& key, const Tensor<T>& in) {
  Tensor<T> h = branch(block.norm == Norm::pre ? call(block, *parts.norm, in) : in);
  h = block.dropout(h, key ? std::optional(key->child(parts.number)) : std::nullopt);
  if (parts.scale.defined()) h = h * parts.scale;
  if (block.scaling.branch != 1) h = block.scaling.branch * h;
  if (block.residual) h = (block.scaling.skip != 1 ? block.scaling.skip * in : in) + h;
  return block.norm == Norm::post ? call(block, *parts.norm, h) : h;
}

}  // namespace ebb::nn
