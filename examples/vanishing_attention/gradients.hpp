#pragma once

#include <ebb/ebb.hpp>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// Appends what `flow` saw at a step: the inputs of the blocks, and for each block and kind its weights taken together.
void append_gradients(const ebb::nn::GradientFlow<float>& flow, int step, std::vector<LayerGradient>& gradients);

}  // namespace vanishing_attention
