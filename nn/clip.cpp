#include "clip.hpp"

#include <fmt/format.h>

#include <ostream>

#include "clip_plan.h"

namespace ebb {
namespace nn EBB_PUBLIC {

Clip clip_by_norm(double max) { return checked({Clip::Kind::norm, max}); }
Clip clip_each_by_norm(double max) { return checked({Clip::Kind::parameter_norm, max}); }
Clip clip_adaptively(double ratio, double least_norm) { return checked({Clip::Kind::adaptive, ratio, least_norm}); }
Clip clip_by_value(double max) { return checked({Clip::Kind::value, max}); }

std::string to_string(const Clip& clip) {
  switch (clip.kind) {
    case Clip::Kind::none:
      return "not clipped";
    case Clip::Kind::norm:
      return fmt::format("clipped by norm {}", clip.limit);
    case Clip::Kind::parameter_norm:
      return fmt::format("each clipped by norm {}", clip.limit);
    case Clip::Kind::adaptive:
      return fmt::format("clipped adaptively, ratio {}, least norm {}", clip.limit, clip.least_norm);
    case Clip::Kind::value:
      return fmt::format("clipped by value {}", clip.limit);
  }
  return {};
}

std::ostream& operator<<(std::ostream& out, const Clip& clip) { return out << to_string(clip); }

std::string to_string(const ClipReport& report) {
  std::string text = fmt::format("gradient norm {:.4g}", report.norm_before);
  if (report.clipped())
    text +=
        fmt::format(", clipped to {:.4g} ({:.3g} % of the elements)", report.norm_after, 100 * report.share_clipped);
  return text;
}

std::ostream& operator<<(std::ostream& out, const ClipReport& report) { return out << to_string(report); }

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
