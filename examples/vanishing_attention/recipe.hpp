#pragma once

#include <ebb/ebb.hpp>
#include <memory>
#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// How a variant builds its blocks and treats its gradients.
struct Recipe {
  Variant variant;
  bool residual = false;
  ebb::nn::Norm norm = ebb::nn::Norm::none;
  ebb::nn::Clip clip = {};
};

/// All that the showcase knows, in the order in which it shows them.
const std::vector<Recipe>& all_recipes();

/// The one with this name. Throws std::invalid_argument, listing the known ones, if there is none.
const Recipe& recipe(const std::string& name);

// What the options say, in the library's terms. Each throws std::invalid_argument, listing what there is, for a word
// that it does not know.

/// "norm:1.0", "value:0.5" or "none".
ebb::nn::Clip parse_clip(const std::string& text);
/// How weights are drawn, and what the last ones of each branch are multiplied with in a stack of this depth.
struct Initialization {
  ebb::nn::Init init;
  double output_scale = 1;
};
Initialization parse_init(const std::string& name, int depth);
std::unique_ptr<ebb::nn::Optimizer<float>> make_optimizer(const std::string& name,
                                                          ebb::nn::ParameterList<float> parameters,
                                                          double learning_rate, ebb::nn::Clip clip);

}  // namespace vanishing_attention
