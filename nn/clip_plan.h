#pragma once

#include <limits>

#include "../autograd/kernels/optimizer.h"
#include "clip.hpp"

// The carrying out of a Clip, shared by the optimizers and the free functions.
namespace ebb::nn {

/// The clip, as it is. Throws Error unless its limit is greater than 0, whoever made it.
Clip checked(const Clip& clip);

/// The effect of a Clip on a set of gradients: first scaled, then limited.
struct ClipPlan {
  ClipReport report;
  double scale = 1;
  double limit = std::numeric_limits<double>::infinity();

  template <class T>
  kernels::ClippedGradient<T> of(const Parameter<T>& parameter) const {
    const double first = scale < 0x1p-60 ? 0x1p-60 : 1;
    return {parameter.state().gradient.data(), static_cast<T>(first), static_cast<T>(scale / first),
            static_cast<T>(limit)};
  }
};

/// Returns true if a step updates this parameter.
template <class T>
bool takes_part(const Parameter<T>& parameter) {
  return parameter.trainable() && parameter.state().gradient.defined();
}

/// Measures the gradients of the parameters that take part, and decides on scale and limit. Throws Error, with the
/// parameter's name, at the first gradient that is not finite.
template <class T>
ClipPlan plan_clip(const Clip& clip, const ParameterList<T>& parameters);

}  // namespace ebb::nn
