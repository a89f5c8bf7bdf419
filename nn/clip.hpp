#pragma once

#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// How gradients are bounded before a step. Made by `clip_by_norm` and `clip_by_value`; by itself: not at all.
struct Clip {
  enum class Kind { none, norm, value };
  Kind kind = Kind::none;
  double limit = 0;
};

/// Scales all gradients by one factor, if their norm taken together exceeds `max`, so that it becomes `max`: their
/// direction and the ratios between parameters stay (Pascanu et al. 2013). Throws Error unless max > 0.
Clip clip_by_norm(double max);
/// Holds each element within [-max, max], which bends the direction. Throws Error unless max > 0.
Clip clip_by_value(double max);

/// What clipping did.
struct ClipReport {
  double norm_before = 0;    ///< The norm of all gradients together.
  double norm_after = 0;     ///< The same after clipping.
  double share_clipped = 0;  ///< The share of elements that were changed: by norm all (1) or none (0).
  bool clipped() const { return share_clipped > 0; }
  /// The factor by which the norm changed.
  double factor() const { return norm_before > 0 ? norm_after / norm_before : 1; }
};

/// Clips the gradients of these parameters by their norm taken together. Those that are frozen or have no gradient are
/// passed over. Throws Error, changing nothing, for a gradient that is not finite.
template <class T>
ClipReport clip_by_norm(ParameterList<T> parameters, double max);
/// The same element by element.
template <class T>
ClipReport clip_by_value(ParameterList<T> parameters, double max);

}  // namespace nn
}  // namespace ebb
