#include "gradients.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;

void append_gradients(const nn::GradientFlow<float>& flow, int step, std::vector<LayerGradient>& gradients) {
  int layer = 0;
  for (const nn::BlockFlow& block : flow.blocks())
    gradients.push_back({step, layer++, "block input", block.gradient_norm, block.activation_norm, not_measured});
  for (const nn::KindFlow& weights : flow.kinds())
    if (weights.block >= 0)  // inside the stack
      gradients.push_back({step, weights.block, to_string(weights.kind), weights.gradient_norm, weights.weight_norm,
                           weights.update_ratio()});
}

}  // namespace vanishing_attention
