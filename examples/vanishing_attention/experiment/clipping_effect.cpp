#include "clipping_effect.hpp"

#include <algorithm>
#include <cmath>

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

double norm(std::span<const float> x) {
  double sum = 0;
  for (float value : x) sum += double{value} * value;
  return std::sqrt(sum);
}

}  // namespace

ClippingEffect clipping_effect(int step, const nn::ParameterList<float>& parameters, nn::Clip clip) {
  // A clone shares its buffers until clipping writes to them, so that the parameters' own gradients stay untouched.
  nn::ParameterList<float> copies;
  for (const auto& parameter : parameters) copies.add(parameter.clone());
  const nn::ClipReport report = nn::clip_gradients(copies, clip);

  ClippingEffect effect{.step = step, .changed = report.clipped()};
  double dot = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const ebb::Tensor<float> unclipped = parameters[i].gradient(), clipped = copies[i].gradient();
    if (!unclipped.defined()) continue;
    const auto before = unclipped.value().values(), after = clipped.value().values();
    for (std::size_t k = 0; k < before.size(); ++k) {
      dot += double{before[k]} * after[k];
      effect.largest_growth = std::max(effect.largest_growth, double{std::abs(after[k])} - std::abs(before[k]));
    }
    // A smaller norm is made of numbers with too few digits in single precision for an exact ratio.
    if (const double norm_before = norm(before); norm_before > 1e-30)
      effect.ratio_change = std::max(effect.ratio_change, std::abs(norm(after) / norm_before / report.factor() - 1));
  }
  effect.cosine = dot / (report.norm_before * report.norm_after);
  return effect;
}

}  // namespace vanishing_attention
