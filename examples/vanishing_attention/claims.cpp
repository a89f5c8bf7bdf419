#include "claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "summary.hpp"

namespace vanishing_attention {

namespace {

constexpr double vanished = 1e-3;  // the ratio of the first block's gradient to the last's
constexpr double kept_low = 0.1, kept_high = 10;
constexpr double near_unigram = 0.05;  // relative
constexpr double rounding = 1e-5;      // of a gradient norm in single precision, relative

/// Several numbers as the range that they span.
std::string range(const std::vector<double>& values) {
  if (values.empty()) return "nothing measured";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *low == *high ? fmt::format("{:.3g}", *low) : fmt::format("{:.3g} to {:.3g}", *low, *high);
}

bool all(const std::vector<double>& values, const std::function<bool(double)>& holds) {
  return !values.empty() && std::all_of(values.begin(), values.end(), holds);
}

/// The claims, one function each; all over every seed.
class Judge {
 public:
  explicit Judge(const Results& results) : results_(results) {
    for (const Run& run : results.runs) runs_[run.variant].push_back(&run);
  }

  std::vector<Verdict> verdicts() {
    bare_stack_vanishes();
    pre_norm_keeps_gradients();
    for (const char* base : {"bare", "residual"}) {
      clipping_by_norm_keeps_ratios(base + std::string("+clip-norm"));
      clipping_by_value_bounds_elements(base + std::string("+clip-value"));
    }
    for (const char* variant : {"bare+clip-norm", "bare+clip-value"}) clipping_does_not_cure(variant);
    normalisation_alone_does_not_hold("norm");
    normalisation_alone_does_not_hold("post-norm");
    clipping_rescues_what_explodes();
    return std::move(verdicts_);
  }

 private:
  bool ran(const std::string& variant) const { return runs_.count(variant) > 0; }

  void claim(std::string text, std::string expected, std::string observed, bool holds) {
    verdicts_.push_back({std::move(text), std::move(expected), std::move(observed), holds});
  }

  /// One number of each of a variant's runs.
  std::vector<double> each(const std::string& variant, const std::function<double(const Run&)>& number) const {
    std::vector<double> values;
    if (const auto found = runs_.find(variant); found != runs_.end())
      for (const Run* run : found->second) values.push_back(number(*run));
    return values;
  }

  std::vector<double> ratios(const std::string& variant, Moment moment) const {
    return each(variant, [&](const Run& run) { return gradient_ratio(results_, run, block_input, moment); });
  }

  std::vector<double> held_out_losses(const std::string& variant) const {
    return each(variant, [](const Run& run) {
      double last = not_measured;
      for (const StepMetrics& step : run.steps)
        if (!std::isnan(step.held_out_loss)) last = step.held_out_loss;
      return run.finished ? last : not_measured;
    });
  }

  void stays_near_unigram(const std::string& variant) {
    const auto losses = held_out_losses(variant);
    const double unigram = results_.baselines.unigram;
    claim(fmt::format("{}: training stays near the unigram entropy", variant),
          fmt::format("{:.3f} bits ± {:.0f} %", unigram, 100 * near_unigram), range(losses) + " bits",
          all(losses, [&](double loss) { return std::abs(loss / unigram - 1) <= near_unigram; }));
  }

  void vanishes(const std::string& variant, Moment moment) {
    const auto values = ratios(variant, moment);
    claim(fmt::format("{}: the gradient vanishes towards the first block, at the {} of training", variant,
                      name_of(moment)),
          fmt::format("first / last < {:g}", vanished), range(values),
          all(values, [](double r) { return r < vanished; }));
  }

  void keeps(const std::string& variant, Moment moment) {
    const auto values = ratios(variant, moment);
    claim(fmt::format("{}: the first block's gradient is of the last one's size, at the {} of training", variant,
                      name_of(moment)),
          fmt::format("first / last in [{:g}, {:g}]", kept_low, kept_high), range(values),
          all(values, [](double r) { return r >= kept_low && r <= kept_high; }));
  }

  void bare_stack_vanishes() {
    if (!ran("bare")) return;
    vanishes("bare", Moment::start);
    stays_near_unigram("bare");
  }

  void pre_norm_keeps_gradients() {
    if (!ran("pre-norm")) return;
    keeps("pre-norm", Moment::start);
    keeps("pre-norm", Moment::end);
    const auto losses = held_out_losses("pre-norm");
    claim("pre-norm: beats the bigram entropy on held-out text",
          fmt::format("< {:.3f} bits", results_.baselines.bigram), range(losses) + " bits",
          all(losses, [&](double loss) { return loss < results_.baselines.bigram; }));
  }

  void bites(const std::string& variant) {
    const auto shares = each(variant, [](const Run& run) {
      const auto clipped =
          std::count_if(run.steps.begin(), run.steps.end(), [](const StepMetrics& s) { return s.clipped; });
      return static_cast<double>(clipped) / static_cast<double>(std::max<std::size_t>(run.steps.size(), 1));
    });
    claim(variant + ": the threshold bites", "in more than half of the steps", range(shares) + " of the steps",
          all(shares, [](double share) { return share > 0.5; }));
  }

  /// The largest of some number over the looked-into steps that clipping changed, for each run.
  std::vector<double> effects(const std::string& variant,
                              const std::function<double(const ClippingEffect&)>& number) const {
    return each(variant, [&](const Run& run) {
      double most = not_measured;
      for (const ClippingEffect& effect : run.clipping)
        if (effect.changed) most = std::fmax(most, number(effect));
      return most;
    });
  }

  void clipping_by_norm_keeps_ratios(const std::string& variant) {
    if (!ran(variant)) return;
    bites(variant);
    const auto changes = effects(variant, [](const ClippingEffect& e) { return e.ratio_change; });
    claim(variant + ": clipping by norm leaves every ratio between weights' gradients as it was",
          fmt::format("change below {:g}", rounding), range(changes),
          all(changes, [](double c) { return c < rounding; }));
    const auto turns = effects(variant, [](const ClippingEffect& e) { return 1 - e.cosine; });
    claim(variant + ": and the direction of the whole", fmt::format("1 - cosine below {:g}", rounding), range(turns),
          all(turns, [](double turn) { return std::abs(turn) < rounding; }));
  }

  void clipping_by_value_bounds_elements(const std::string& variant) {
    if (!ran(variant)) return;
    bites(variant);
    const auto growths = effects(variant, [](const ClippingEffect& e) { return e.largest_growth; });
    claim(variant + ": clipping by value makes no element larger", "growth 0", range(growths),
          all(growths, [](double growth) { return growth <= 0; }));
    const auto turns = effects(variant, [](const ClippingEffect& e) { return 1 - e.cosine; });
    claim(variant + ": but turns the direction", fmt::format("1 - cosine above {:g}", rounding), range(turns),
          all(turns, [](double turn) { return turn > rounding; }));
  }

  void clipping_does_not_cure(const std::string& variant) {
    if (!ran(variant)) return;
    vanishes(variant, Moment::end);
    stays_near_unigram(variant);
  }

  void normalisation_alone_does_not_hold(const std::string& variant) {
    if (!ran(variant)) return;
    keeps(variant, Moment::start);
    vanishes(variant, Moment::end);
    stays_near_unigram(variant);
  }

  void clipping_rescues_what_explodes() {
    if (!ran("residual")) return;
    const auto finished = each("residual", [](const Run& run) { return run.finished ? 1.0 : 0.0; });
    const auto steps = each("residual", [](const Run& run) { return static_cast<double>(run.steps.size()); });
    claim("residual: without a norm and without clipping, training explodes", "a gradient that is not finite",
          fmt::format("after {} steps", range(steps)), all(finished, [](double f) { return f == 0; }));
    for (const char* variant : {"residual+clip-norm", "residual+clip-value"}) {
      if (!ran(variant)) continue;
      const auto losses = held_out_losses(variant);
      claim(fmt::format("{}: clipping rescues it", variant),
            fmt::format("< {:.3f} bits, the bigram entropy", results_.baselines.bigram), range(losses) + " bits",
            all(losses, [&](double loss) { return loss < results_.baselines.bigram; }));
    }
  }

  const Results& results_;
  std::map<std::string, std::vector<const Run*>> runs_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::vector<Verdict> judge(const Results& results) { return Judge(results).verdicts(); }

}  // namespace vanishing_attention
