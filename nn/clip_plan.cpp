#include "clip_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/norms.h"

namespace ebb::nn {

namespace {

using Kind = Clip::Kind;

/// The norm of two vectors joined into one, from the norms of both.
double together(double a, double b) {
  if (a == 0 || b == 0) return a + b;
  const double squares = a * a + b * b;
  return std::isnormal(squares) ? std::sqrt(squares) : std::hypot(a, b);  // safe from overflow, and ten times slower
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::parameter_norm:
      return "clip_each_by_norm";
    case Kind::adaptive:
      return "clip_adaptively";
    case Kind::value:
      return "clip_by_value";
    default:
      return "clip_by_norm";
  }
}

/// The units of a parameter: those of a vector are one column.
struct Units {
  explicit Units(const Shape& shape)
      : columns(shape.rank() < 2 ? 1 : shape[shape.rank() - 1]), rows(columns == 0 ? 0 : shape.size() / columns) {}
  Index columns, rows;
};

template <class T>
std::vector<double> unit_norms(const Array<T>& x) {
  const Units units(x.shape());
  std::vector<double> norms(to_size(units.columns));
  kernels::column_norms(units.rows, units.columns, x.data(), norms.data());
  return norms;
}

/// Adds the effect of adaptive clipping on one gradient to the plan.
template <class T>
void clip_units(const Clip& clip, const Parameter<T>& parameter, ClipPlan<T>& plan) {
  const std::vector<double> gradient = unit_norms(parameter.state().gradient),
                            weight = unit_norms(parameter.state().value);
  std::vector<T> scales(gradient.size(), T{1});
  bool any = false;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double bound = clip.limit * std::max(weight[i], clip.least_norm);
    plan.norm_after = together(plan.norm_after, std::min(gradient[i], bound));
    if (gradient[i] <= bound) continue;
    any = true;
    scales[i] = static_cast<T>(bound / gradient[i]);
    plan.changed += Units(parameter.shape()).rows;
  }
  if (any) plan.effects.back().units = std::move(scales);
}

}  // namespace

Clip checked(const Clip& clip) {
  if (clip.kind == Kind::none) return clip;
  if (!(clip.limit > 0))
    throw Error(fmt::format("{}({}): the bound must be greater than 0", name_of(clip.kind), clip.limit));
  if (clip.kind == Kind::adaptive && !(clip.least_norm >= 0))
    throw Error(fmt::format("clip_adaptively(): the least norm must be at least 0, not {}", clip.least_norm));
  return clip;
}

template <class T>
Array<T> ClipEffect<T>::scaled_units(const Array<T>& gradient) const {
  if (units.empty()) return gradient;
  const Units shape(gradient.shape());
  Array<T> scaled(gradient.shape());
  kernels::scale_columns(shape.rows, shape.columns, units.data(), gradient.data(), scaled.mutable_data());
  return scaled;
}

template <class T>
Array<T> ClipEffect<T>::clipped(const Array<T>& gradient) const {
  if (!changes()) return gradient;
  const Array<T> scaled = scaled_units(gradient);
  Array<T> result(gradient.shape());
  kernels::clip(gradient.size(), rest_of(scaled), result.mutable_data());
  return result;
}

template <class T>
void ClipPlan<T>::count(const ClipPlan& other) {
  norm_before = together(norm_before, other.norm_before);
  norm_after = together(norm_after, other.norm_after);
  elements += other.elements;
  changed += other.changed;
}

template <class T>
ClipReport ClipPlan<T>::report() const {
  return {norm_before, norm_after, elements > 0 ? static_cast<double>(changed) / static_cast<double>(elements) : 0};
}

template <class T>
ClipPlan<T> plan_clip(const Clip& clip, const ParameterList<T>& parameters) {
  ClipPlan<T> plan;
  plan.effects.reserve(parameters.size());
  for (const Parameter<T>& parameter : parameters) {
    ClipEffect<T>& effect = plan.effects.emplace_back();
    if (!takes_part(parameter)) continue;
    if (clip.kind == Kind::value) effect.limit = clip.limit;
    const Index n = parameter.size();
    const Array<T>& held = parameter.state().gradient;  // of some rows alone, perhaps
    const kernels::GradientMeasure gradient = kernels::measure(held.size(), held.data(), static_cast<T>(effect.limit));
    if (gradient.not_finite > 0)
      throw Error(
          fmt::format("the gradient of parameter '{}' is not finite: {} of its {} elements are infinite or NaN; no "
                      "parameter was updated, and all gradients are as they were; to go on without them, call "
                      "clear_gradients()",
                      parameter.name(), gradient.not_finite, n));
    plan.norm_before = together(plan.norm_before, gradient.norm);
    plan.elements += n;
    if (clip.kind == Kind::adaptive) {
      clip_units(clip, parameter, plan);
    } else if (clip.kind == Kind::parameter_norm && gradient.norm > clip.limit) {
      effect.scale = clip.limit / gradient.norm;
      plan.norm_after = together(plan.norm_after, clip.limit);
      plan.changed += n;
    } else {
      plan.norm_after = together(plan.norm_after, gradient.held_norm);
      plan.changed += gradient.beyond;
    }
  }
  if (clip.kind == Kind::norm && plan.norm_before > clip.limit) {
    for (ClipEffect<T>& effect : plan.effects) effect.scale = clip.limit / plan.norm_before;
    plan.norm_after = clip.limit;
    plan.changed = plan.elements;
  }
  return plan;
}

#define EBB_INSTANTIATE(T)       \
  template struct ClipEffect<T>; \
  template struct ClipPlan<T>;   \
  template ClipPlan<T> plan_clip(const Clip&, const ParameterList<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::nn
