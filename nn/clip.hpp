#pragma once

#include <iosfwd>
#include <string>

#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A way to bound gradients before a step, made by one of the functions below. `Clip{}` leaves them alone.
struct Clip {
  enum class Kind { none, norm, parameter_norm, adaptive, value };
  Kind kind = Kind::none;
  double limit = 0;
  double least_norm = 1e-3;  ///< See clip_adaptively.
};

/// If the norm of all gradients together is greater than `max`, scales them all by one factor that makes it `max`. The
/// direction stays, and so do the ratios between parameters (Pascanu et al. 2013). Throws Error unless max > 0.
Clip clip_by_norm(double max);
/// The same for each parameter by itself: one whose gradient explodes does not shrink the steps of the others. The
/// ratios between parameters change. Throws Error unless max > 0.
Clip clip_each_by_norm(double max);
/// Clips to a part of the weights, unit by unit (Brock et al. 2021): where |g| > ratio max(|w|, least_norm), scales g
/// by ratio max(|w|, least_norm) / |g|, the norms being those of one unit. A unit is what stands at one index of the
/// last axis, the weights that lead to one output of a Linear or a convolution, say; a bias or a gain, with its one
/// axis, is one unit as a whole. The paper leaves the last layer unclipped: see ParameterGroup. Throws Error unless the
/// ratio is greater than 0 and the least norm at least 0.
Clip clip_adaptively(double ratio, double least_norm = 1e-3);
/// Clips each element to [-max, max], which changes the direction of the gradient. Throws Error unless max > 0.
Clip clip_by_value(double max);

/// "clipped by norm 1"
std::string to_string(const Clip& clip);
std::ostream& operator<<(std::ostream& out, const Clip& clip);

/// The report of clipping.
struct ClipReport {
  double norm_before = 0;  ///< The norm of all gradients together.
  double norm_after = 0;   ///< Their norm after clipping.
  /// The share of elements that were changed: by norm all (1) or none (0), otherwise those of the parameters, of the
  /// units or the single ones that went beyond.
  double share_clipped = 0;
  bool clipped() const { return share_clipped > 0; }
  /// The factor by which the norm changed.
  double factor() const { return norm_before > 0 ? norm_after / norm_before : 1; }
};

/// "gradient norm 12.5, clipped to 1 (100 % of the elements)"
std::string to_string(const ClipReport& report);
std::ostream& operator<<(std::ostream& out, const ClipReport& report);

/// Clips the gradients of these parameters. Parameters that are frozen or have no gradient are left out. Throws Error,
/// and changes nothing, if a gradient is not finite.
template <class T>
ClipReport clip_gradients(const ParameterList<T>& parameters, const Clip& clip);
template <class T>
ClipReport clip_by_norm(ParameterList<T> parameters, double max);
template <class T>
ClipReport clip_by_value(ParameterList<T> parameters, double max);

}  // namespace nn
}  // namespace ebb
