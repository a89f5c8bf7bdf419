#pragma once

#include <limits>
#include <vector>

#include "../autograd/kernels/optimizer.h"
#include "clip.hpp"

// The carrying out of a Clip, shared by the optimizers and the free functions.
namespace ebb::nn {

/// The clip, as it is. Throws Error unless its limit is greater than 0, whoever made it.
Clip checked(const Clip& clip);

/// What a Clip does to one gradient: scales its units, then all of it, then limits each element.
template <class T>
struct ClipEffect {
  std::vector<T> units = {};  // a factor for each index of the last axis, or for all at once; none if all are 1
  double scale = 1;
  double limit = std::numeric_limits<double>::infinity();

  bool changes() const { return !units.empty() || scale != 1 || limit != std::numeric_limits<double>::infinity(); }
  /// The gradient with its units scaled: itself where none is.
  Array<T> scaled_units(const Array<T>& gradient) const;
  /// The gradient, whose units are scaled already, as the kernels take it.
  kernels::ClippedGradient<T> rest_of(const Array<T>& gradient) const {
    const double first = scale < 0x1p-60 ? 0x1p-60 : 1;
    return {gradient.data(), static_cast<T>(first), static_cast<T>(scale / first), static_cast<T>(limit)};
  }
  /// The gradient clipped: a buffer of its own where that changes it.
  Array<T> clipped(const Array<T>& gradient) const;
};

/// The effects of a Clip on the gradients of a list, in its order, and what there is to report.
template <class T>
struct ClipPlan {
  std::vector<ClipEffect<T>> effects = {};
  double norm_before = 0, norm_after = 0;
  Index elements = 0, changed = 0;

  /// Adds what another plan, for other gradients, has to report.
  void count(const ClipPlan& other);
  ClipReport report() const;
};

/// Returns true if a step updates this parameter.
template <class T>
bool takes_part(const Parameter<T>& parameter) {
  return parameter.trainable() && parameter.state().gradient.defined();
}

/// Measures the gradients of the parameters that take part, and decides on the effects. Throws Error, with the
/// parameter's name, at the first gradient that is not finite.
template <class T>
ClipPlan<T> plan_clip(const Clip& clip, const ParameterList<T>& parameters);

}  // namespace ebb::nn
