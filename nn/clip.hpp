#pragma once

#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A way to bound gradients before a step, made by `clip_by_norm` or `clip_by_value`. `Clip{}` leaves them alone.
struct Clip {
  enum class Kind { none, norm, value };
  Kind kind = Kind::none;
  double limit = 0;
};

/// If the norm of all gradients together is greater than `max`, scales them all by one factor that makes it `max`. The
/// direction stays, and so do the ratios between parameters (Pascanu et al. 2013). Throws Error unless max > 0.
Clip clip_by_norm(double max);
/// Clips each element to [-max, max], which changes the direction of the gradient. Throws Error unless max > 0.
Clip clip_by_value(double max);

/// The report of clipping.
struct ClipReport {
  double norm_before = 0;    ///< The norm of all gradients together.
  double norm_after = 0;     ///< Their norm after clipping.
  double share_clipped = 0;  ///< The share of elements that were changed: by norm all (1) or none (0).
  bool clipped() const { return share_clipped > 0; }
  /// The factor by which the norm changed.
  double factor() const { return norm_before > 0 ? norm_after / norm_before : 1; }
};

/// Clips the gradients of these parameters by the norm of all of them together. Parameters that are frozen or have no
/// gradient are left out. Throws Error, and changes nothing, if a gradient is not finite.
template <class T>
ClipReport clip_by_norm(ParameterList<T> parameters, double max);
/// Clips each element of the gradients of these parameters to [-max, max]. Otherwise as `clip_by_norm`.
template <class T>
ClipReport clip_by_value(ParameterList<T> parameters, double max);

}  // namespace nn
}  // namespace ebb
