#include "clip_plan.h"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/norms.h"

namespace ebb::nn {

namespace {

/// The norm of two vectors joined into one, from the norms of both.
double together(double a, double b) {
  const double squares = a * a + b * b;
  return std::isnormal(squares) ? std::sqrt(squares) : std::hypot(a, b);  // safe from overflow, and ten times slower
}

}  // namespace

Clip checked(const Clip& clip) {
  const char* const name = clip.kind == Clip::Kind::norm ? "clip_by_norm" : "clip_by_value";
  if (clip.kind != Clip::Kind::none && !(clip.limit > 0))
    throw Error(fmt::format("{}({}): the bound must be greater than 0", name, clip.limit));
  return clip;
}

template <class T>
ClipPlan plan_clip(const Clip& clip, const ParameterList<T>& parameters) {
  const bool by_value = clip.kind == Clip::Kind::value;
  ClipPlan plan;
  if (by_value) plan.limit = clip.limit;
  double after = 0;
  Index elements = 0, beyond = 0;
  for (const Parameter<T>& parameter : parameters) {
    if (!takes_part(parameter)) continue;
    const Index n = parameter.size();
    const kernels::GradientMeasure gradient =
        kernels::measure(n, parameter.state().gradient.data(), static_cast<T>(plan.limit));
    if (gradient.not_finite > 0)
      throw Error(
          fmt::format("the gradient of parameter '{}' is not finite: {} of its {} elements are infinite or NaN; no "
                      "parameter was updated, and all gradients are as they were; to go on without them, call "
                      "clear_gradients()",
                      parameter.name(), gradient.not_finite, n));
    plan.report.norm_before = together(plan.report.norm_before, gradient.norm);
    after = together(after, gradient.held_norm);
    beyond += gradient.beyond;
    elements += n;
  }
  ClipReport& report = plan.report;
  report.norm_after = after;
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
