#include "measures.hpp"

#include <algorithm>

namespace vanishing_attention {

namespace {

double gradient_of(const Run& run, const std::string& kind, int step, int layer) {
  for (const LayerGradient& g : run.gradients)
    if (g.step == step && g.layer == layer && g.kind == kind) return g.gradient_norm;
  return not_measured;
}

}  // namespace

const char* name_of(Moment moment) { return moment == Moment::start ? "start" : "end"; }

int step_at(const Run& run, Moment moment) {
  if (moment == Moment::end && has_diverged(run)) return -1;
  const auto by_step = [](const LayerGradient& a, const LayerGradient& b) { return a.step < b.step; };
  const auto [first, last] = std::minmax_element(run.gradients.begin(), run.gradients.end(), by_step);
  if (first == run.gradients.end()) return 0;
  return moment == Moment::start ? first->step : last->step;
}

double gradient_ratio(const Run& run, int depth, const std::string& kind, Moment moment) {
  const int step = step_at(run, moment);
  return gradient_of(run, kind, step, 0) / gradient_of(run, kind, step, depth - 1);
}

}  // namespace vanishing_attention
