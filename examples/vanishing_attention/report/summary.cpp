#include "summary.hpp"

#include <algorithm>
#include <map>

namespace vanishing_attention {

namespace {

std::vector<double> finite(std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  return values;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) sum += v;
  return values.empty() ? not_measured : sum / static_cast<double>(values.size());
}

double geometric_mean(const std::vector<double>& values) {
  std::vector<double> logs;
  for (double v : values) logs.push_back(std::log(v));  // one zero makes the mean zero
  return std::exp(mean(logs));
}

Spread with_range(double mean, const std::vector<double>& values) {
  Spread s;
  s.count = static_cast<int>(values.size());
  if (values.empty()) return s;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  s.mean = mean, s.low = *low, s.high = *high;
  return s;
}

Curve curve_of(const std::map<int, std::vector<double>>& values, Spread (*over_seeds)(const std::vector<double>&)) {
  Curve curve;
  for (const auto& [x, y] : values) {
    const Spread s = over_seeds(y);
    if (s.count == 0) continue;
    curve.x.push_back(x);
    curve.y.push_back(s);
  }
  return curve;
}

double final_train_loss(const Run& run) {
  const std::size_t count = run.steps.size();
  const std::size_t last = std::max<std::size_t>(1, count / 10);
  std::vector<double> losses;
  for (std::size_t i = count - std::min(count, last); i < count; ++i) losses.push_back(run.steps[i].train_loss);
  return mean(finite(losses));
}

double final_held_out_loss(const Run& run) {
  for (auto s = run.steps.rbegin(); s != run.steps.rend(); ++s) {
    if (std::isfinite(s->held_out_loss)) return s->held_out_loss;
  }
  return not_measured;
}

}  // namespace

Spread spread(const std::vector<double>& all) {
  const std::vector<double> values = finite(all);
  Spread s = with_range(mean(values), values);
  if (s.count < 2) return s;
  double squares = 0;
  for (double v : values) squares += (v - s.mean) * (v - s.mean);
  s.deviation = std::sqrt(squares / (s.count - 1));
  return s;
}

Spread geometric_spread(const std::vector<double>& all) {
  const std::vector<double> values = finite(all);
  return with_range(geometric_mean(values), values);
}

Curve held_out_curve(const Results& results, const std::string& variant) {
  std::map<int, std::vector<double>> values;
  for (const Run& run : results.runs) {
    if (run.variant != variant) continue;
    for (const StepMetrics& s : run.steps) values[s.step].push_back(s.held_out_loss);
  }
  return curve_of(values, spread);
}

Curve train_curve(const Results& results, const std::string& variant) {
  const std::size_t window = static_cast<std::size_t>(std::max(1, results.settings.steps / 60));
  std::map<int, std::vector<double>> values;
  for (const Run& run : results.runs) {
    if (run.variant != variant) continue;
    for (std::size_t begin = 0; begin < run.steps.size(); begin += window) {
      const std::size_t end = std::min(begin + window, run.steps.size());
      std::vector<double> losses;
      for (std::size_t i = begin; i < end; ++i) losses.push_back(run.steps[i].train_loss);
      values[run.steps[end - 1].step].push_back(mean(finite(losses)));
    }
  }
  return curve_of(values, spread);
}

double highest_shown_loss(const Results& results) {
  return 1 + std::log2(static_cast<double>(std::max<std::size_t>(results.distinct_characters, 4)));
}

Curve gradient_curve(const Results& results, const std::string& variant, const std::string& kind, Moment moment,
                     double LayerGradient::*norm) {
  std::map<int, std::vector<double>> values;
  for (const Run& run : results.runs) {
    if (run.variant != variant) continue;
    const int step = step_at(run, moment);
    for (const LayerGradient& g : run.gradients) {
      if (g.step == step && g.kind == kind) values[g.layer].push_back(g.*norm);
    }
  }
  return curve_of(values, geometric_spread);
}

double mean_gradient_ratio(const Results& results, const std::string& variant, const std::string& kind, Moment moment) {
  std::vector<double> ratios;
  for (const Run& run : results.runs) {
    if (run.variant == variant) ratios.push_back(gradient_ratio(run, results.settings.depth, kind, moment));
  }
  return geometric_spread(ratios).mean;
}

std::vector<std::string> weight_kinds(const Results& results) {
  std::vector<std::string> found;
  for (const char* kind : {"value/output", "feed-forward", "query/key", "bias", "norm"}) {
    const auto of_kind = [&](const LayerGradient& g) { return g.kind == kind; };
    const auto has_kind = [&](const Run& run) { return std::ranges::any_of(run.gradients, of_kind); };
    if (std::ranges::any_of(results.runs, has_kind)) found.emplace_back(kind);
  }
  return found;
}

double largest_share(const AttentionMap& map) {
  const auto size = static_cast<std::size_t>(map.size);
  double largest = 0;
  for (std::size_t query = 0; query < size; ++query)
    for (std::size_t key = 0; key <= query; ++key)
      largest = std::max(largest, double(map.weights.at(query * size + key)) * static_cast<double>(query + 1));
  return largest;
}

const Run* run_with_maps(const Results& results, const std::string& variant) {
  for (const Run& run : results.runs) {
    if (run.variant == variant && !run.attention.empty()) return &run;
  }
  return nullptr;
}

bool repeats_base(const Results& results, const Variant& variant) {
  return std::ranges::any_of(results.runs, [&](const Run& run) { return run.variant == variant.base && run.finished; });
}

VariantSummary summarise(const Results& results, const Variant& variant) {
  VariantSummary s;
  s.variant = variant;
  std::vector<double> train, held_out, speed;
  std::size_t steps = 0, clipped = 0;
  for (const Run& run : results.runs) {
    if (run.variant != variant.name) continue;
    ++s.runs;
    s.finished += run.finished;
    if (has_diverged(run)) {
      const int steps_made = static_cast<int>(run.steps.size());
      s.diverged_first = s.diverged++ == 0 ? steps_made : std::min(s.diverged_first, steps_made);
      s.diverged_last = std::max(s.diverged_last, steps_made);
    } else {
      train.push_back(final_train_loss(run));
      held_out.push_back(final_held_out_loss(run));
    }
    speed.push_back(run.tokens_per_second);
    steps += run.steps.size();
    clipped += static_cast<std::size_t>(std::ranges::count_if(run.steps, &StepMetrics::clipped));
  }
  s.train_loss = spread(train);
  s.held_out_loss = spread(held_out);
  s.tokens_per_second = spread(speed).mean;
  if (steps > 0) s.clipped_share = static_cast<double>(clipped) / static_cast<double>(steps);
  s.ratio_start = mean_gradient_ratio(results, variant.name, block_input, Moment::start);
  s.ratio_end = mean_gradient_ratio(results, variant.name, block_input, Moment::end);
  return s;
}

std::vector<VariantSummary> summarise(const Results& results) {
  std::vector<VariantSummary> all;
  for (const Variant& variant : results.variants) all.push_back(summarise(results, variant));
  return all;
}

}  // namespace vanishing_attention
