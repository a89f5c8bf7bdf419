#include "clipping.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/error.hpp"
#include "../ops/kernels/norms.hpp"

namespace ebb::nn {

template <class T>
ClipPlan plan_clip(const Clip& clip, const ParameterList<T>& parameters) {
  const bool by_value = clip.kind == Clip::Kind::value;
  ClipPlan plan;
  if (by_value) plan.limit = clip.limit;
  double after = 0;
  Index elements = 0, beyond = 0;
  for (const Parameter<T>& parameter : parameters) {
    if (!takes_part(parameter)) continue;
    const Array<T>& gradient = parameter.gradient();
    const Index n = gradient.size();
    if (const Index bad = kernels::count_not_finite(n, gradient.data()); bad > 0)
      throw Error(
          fmt::format("the gradient of parameter '{}' is not finite: {} of its {} elements are infinite or NaN; no "
                      "parameter was updated, and all gradients are as they were",
                      parameter.name(), bad, n));
    plan.report.norm_before = std::hypot(plan.report.norm_before, kernels::norm(n, gradient.data()));
    if (!by_value) continue;
    const T limit = static_cast<T>(clip.limit);
    after = std::hypot(after, kernels::clamped_norm(n, gradient.data(), limit));
    beyond += kernels::count_beyond(n, gradient.data(), limit);
    elements += n;
  }
  ClipReport& report = plan.report;
  report.norm_after = by_value ? after : report.norm_before;
  if (by_value && elements > 0) report.share_clipped = static_cast<double>(beyond) / static_cast<double>(elements);
  if (clip.kind == Clip::Kind::norm && report.norm_before > clip.limit) {
    plan.scale = clip.limit / report.norm_before;
    report.norm_after = clip.limit;
    report.share_clipped = 1;
  }
  return plan;
}

template ClipPlan plan_clip(const Clip&, const ParameterList<float>&);
template ClipPlan plan_clip(const Clip&, const ParameterList<double>&);

}  // namespace ebb::nn
