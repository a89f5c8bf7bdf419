#include "clip.hpp"

#include "clip_plan.h"

namespace ebb {
namespace nn EBB_PUBLIC {

Clip clip_by_norm(double max) { return checked({Clip::Kind::norm, max}); }
Clip clip_each_by_norm(double max) { return checked({Clip::Kind::parameter_norm, max}); }
Clip clip_adaptively(double ratio, double least_norm) { return checked({Clip::Kind::adaptive, ratio, least_norm}); }
Clip clip_by_value(double max) { return checked({Clip::Kind::value, max}); }

template <class T>
ClipReport clip_gradients(const ParameterList<T>& parameters, const Clip& clip) {
  const ClipPlan<T> plan = plan_clip(checked(clip), parameters);
  const ClipReport report = plan.report();
  if (!report.clipped()) return report;
  std::vector<Array<T>> clipped;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    clipped.push_back(takes_part(parameters[i]) ? plan.effects[i].clipped(parameters[i].state().gradient) : Array<T>());
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (takes_part(parameters[i])) parameters[i].state().gradient = std::move(clipped[i]);
  return report;
}

template <class T>
ClipReport clip_by_norm(ParameterList<T> parameters, double max) {
  return clip_gradients(parameters, clip_by_norm(max));
}

template <class T>
ClipReport clip_by_value(ParameterList<T> parameters, double max) {
  return clip_gradients(parameters, clip_by_value(max));
}

#define EBB_INSTANTIATE(T)                                                  \
  template ClipReport clip_gradients(const ParameterList<T>&, const Clip&); \
  template ClipReport clip_by_norm(ParameterList<T>, double);               \
  template ClipReport clip_by_value(ParameterList<T>, double);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
