#pragma once

#include <ebb/nn/nn.hpp>

#include "results.hpp"

namespace vanishing_attention {

/// Computes the effect that a clip would have on the gradients of these parameters, which stay as they are. Throws
/// ebb::Error, which names the parameter, if a gradient is not finite.
ClippingEffect clipping_effect(int step, const ebb::nn::ParameterList<float>& parameters, ebb::nn::Clip clip);

}  // namespace vanishing_attention
