#include "gradients.hpp"

#include <cmath>
#include <map>

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

/// Norms of several weights, taken together.
struct Squares {
  double gradient = 0, weight = 0, update = 0;
};

}  // namespace

void append_gradients(const nn::GradientFlow<float>& flow, int step, std::vector<LayerGradient>& gradients) {
  int layer = 0;
  for (const nn::BlockFlow& block : flow.blocks())
    gradients.push_back({step, layer++, "block input", block.gradient_norm, block.activation_norm, not_measured});

  std::map<std::pair<int, nn::ParameterKind>, Squares> together;
  for (const nn::ParameterFlow& parameter : flow.parameters()) {
    if (parameter.block < 0) continue;  // outside the stack
    Squares& sum = together[{parameter.block, parameter.kind}];
    sum.gradient += parameter.gradient_norm * parameter.gradient_norm;
    sum.weight += parameter.weight_norm * parameter.weight_norm;
    sum.update += std::pow(parameter.update_ratio * parameter.weight_norm, 2);
  }
  for (const auto& [place, sum] : together)
    gradients.push_back({step, place.first, to_string(place.second), std::sqrt(sum.gradient), std::sqrt(sum.weight),
                         sum.weight > 0 ? std::sqrt(sum.update / sum.weight) : not_measured});
}

}  // namespace vanishing_attention
