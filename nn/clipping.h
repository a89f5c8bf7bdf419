#pragma once

#include <limits>

#include "../autograd/kernels/optimizer.h"
#include "clip.hpp"

// How optimizers and the free functions carry out a Clip. Not part of the public interface.
namespace ebb::nn {

/// What a clip does to a set of gradients.
struct ClipPlan {
  ClipReport report;
  double scale = 1;
  double limit = std::numeric_limits<double>::infinity();

  template <class T>
  kernels::ClippedGradient<T> of(const Parameter<T>& parameter) const {
    return {parameter.state()->gradient.data(), static_cast<T>(scale), static_cast<T>(limit)};
  }
};

/// Whether a step may touch this parameter.
template <class T>
bool takes_part(const Parameter<T>& parameter) {
  return parameter.trainable() && parameter.state()->gradient.defined();
}

/// Measures the gradients of those that take part, and decides. Throws Error naming the first parameter whose gradient
/// is not finite.
template <class T>
ClipPlan plan_clip(const Clip& clip, const ParameterList<T>& parameters);

}  // namespace ebb::nn
