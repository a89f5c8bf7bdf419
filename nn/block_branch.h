#pragma once

#include <optional>

#include "call.hpp"
#include "transformer_block.hpp"

namespace ebb::nn {

/// Runs a branch of a block between the norm before it, or dropout, the residual sum and the norm after it. Branch
/// `number` takes this child of the key.
template <class Block, class Branch, class T>
Tensor<T> run_branch(const Block& block, const Branch& branch, const std::optional<LayerNorm<T>>& layer_norm,
                     const std::optional<Key>& key, std::uint64_t number, const Tensor<T>& in) {
  Tensor<T> h = branch(block.norm == Norm::pre ? call(block, *layer_norm, in) : in);
  h = block.dropout(h, key ? std::optional(key->child(number)) : std::nullopt);
  if (block.residual) h = in + h;
  return block.norm == Norm::post ? call(block, *layer_norm, h) : h;
}

}  // namespace ebb::nn
