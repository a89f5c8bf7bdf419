#pragma once

#include <ebb/ebb.hpp>
#include <optional>
#include <vector>

#include "settings.hpp"

namespace vanishing_attention {

/// A language model of characters: a deep stack of causal self-attention blocks.
struct Model {
  /// Draws the weights with `generator`. `vocabulary` is the number of distinct characters.
  Model(const Settings& settings, const Variant& variant, ebb::Index vocabulary, ebb::Generator& generator);

  /// Computes the logits of the character that follows each id: [batch, length] -> [batch, length, vocabulary].
  ebb::Tensor<float> operator()(const ebb::IntArray& ids) const;

  void visit(auto& field) const {
    field("characters", characters), field("positions", positions), field("blocks", blocks);
    field("norm", norm), field("head", head);
  }

  ebb::nn::Embedding<float> characters;
  ebb::nn::LearnedPositions<float> positions;
  std::vector<ebb::nn::TransformerBlock<float>> blocks;
  std::optional<ebb::nn::LayerNorm<float>> norm;  ///< Of the output of a pre-norm stack, which no block normalizes.
  ebb::nn::Linear<float> head;
};

/// Returns the number of numbers that a model of these settings learns.
std::size_t parameter_count(const Settings& settings, const Variant& variant, ebb::Index vocabulary);

}  // namespace vanishing_attention
