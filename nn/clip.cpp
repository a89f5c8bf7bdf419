#include "clip.hpp"

#include "clip_plan.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

template <class T>
ClipReport clip_in_place(const Clip& clip, const ParameterList<T>& parameters) {
  const ClipPlan plan = plan_clip(clip, parameters);
  if (!plan.report.clipped()) return plan.report;
  for (const Parameter<T>& parameter : parameters) {
    if (!takes_part(parameter)) continue;
    Array<T>& gradient = parameter.state().gradient;
    T* values = gradient.mutable_data();
    kernels::clip(gradient.size(), plan.of(parameter), values);
  }
  return plan.report;
}

}  // namespace

Clip clip_by_norm(double max) { return checked({Clip::Kind::norm, max}); }
Clip clip_by_value(double max) { return checked({Clip::Kind::value, max}); }

template <class T>
ClipReport clip_by_norm(ParameterList<T> parameters, double max) {
  return clip_in_place(clip_by_norm(max), parameters);
}

template <class T>
ClipReport clip_by_value(ParameterList<T> parameters, double max) {
  return clip_in_place(clip_by_value(max), parameters);
}

#define EBB_INSTANTIATE(T)                                    \
  template ClipReport clip_by_norm(ParameterList<T>, double); \
  template ClipReport clip_by_value(ParameterList<T>, double);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
