#pragma once

#include <ebb/nn/nn.hpp>

#include "results.hpp"

namespace vanishing_attention {

/// What a clip would do to the gradients that these parameters hold. Changes nothing.
ClippingEffect clipping_effect(int step, const ebb::nn::ParameterList<float>& parameters, ebb::nn::Clip clip);

}  // namespace vanishing_attention
