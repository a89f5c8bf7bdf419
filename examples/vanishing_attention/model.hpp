#pragma once

#include <ebb/ebb.hpp>
#include <optional>
#include <vector>

#include "recipe.hpp"

namespace vanishing_attention {

/// A character-level language model: a deep stack of causal self-attention blocks.
struct Model {
  Model(const Settings& settings, const Recipe& recipe, ebb::Index characters, ebb::Generator& generator);

  /// Ids [batch, length] -> logits of what follows each: [batch, length, characters].
  ebb::Tensor<float> operator()(const ebb::IntArray& ids) const;

  void visit(auto& field) const {
    field("characters", characters), field("positions", positions), field("blocks", blocks);
    field("norm", norm), field("head", head);
  }

  ebb::nn::Embedding<float> characters;
  ebb::nn::LearnedPositions<float> positions;
  std::vector<ebb::nn::TransformerBlock<float>> blocks;
  std::optional<ebb::nn::LayerNorm<float>> norm;  // of the result of a pre-norm stack, which nothing has normalised yet
  ebb::nn::Linear<float> head;
};

}  // namespace vanishing_attention
