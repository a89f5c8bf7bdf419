#include "claims.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "measures.hpp"

namespace vanishing_attention {

namespace {

constexpr double rounding = 1e-5;  // the relative error that a gradient norm in single precision may have

/// Returns the range that the values span, as text.
std::string range(const std::vector<double>& values, const std::string& unit) {
  if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
    return "not measured in every run";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *low == *high ? fmt::format("{:.3g}{}", *low, unit) : fmt::format("{:.3g} to {:.3g}{}", *low, *high, unit);
}

using Names = std::vector<std::string>;

/// The runs of each variant for which a claim must hold. What hangs on the seed holds in most: in more than half.
enum class In { every_run, most_runs };

/// Checks the claims, one function each. A claim is about some variants, and holds if it does for the runs of each of
/// them; variants that were not run do not count.
class Judge {
 public:
  explicit Judge(const Results& results) : results_(results) {}

  std::vector<Verdict> verdicts() {
    vanishes({"bare"}, Moment::start);
    stays_near_unigram({"bare"});

    keeps({"pre-norm"}, Moment::start);
    keeps({"pre-norm"}, Moment::end);
    beats_bigram({"pre-norm"});

    keeps({"norm", "post-norm"}, Moment::start);
    vanishes({"norm", "post-norm"}, Moment::end, In::most_runs);
    stays_near_unigram({"norm", "post-norm"});

    clipping_bites({"bare+clip-norm", "bare+clip-value", "residual+clip-norm", "residual+clip-value"});
    clipping_by_norm_keeps_ratios({"bare+clip-norm", "residual+clip-norm"});
    clipping_by_value_bounds_elements({"bare+clip-value", "residual+clip-value"});
    vanishes({"bare+clip-norm", "bare+clip-value"}, Moment::end);
    stays_near_unigram({"bare+clip-norm", "bare+clip-value"});

    explodes({"residual"});
    beats_bigram({"residual+clip-norm", "residual+clip-value"});
    return std::move(verdicts_);
  }

 private:
  std::vector<const Run*> runs_of(const Names& variants) const {
    std::vector<const Run*> runs;
    for (const Run& run : results_.runs)
      if (std::find(variants.begin(), variants.end(), run.variant) != variants.end()) runs.push_back(&run);
    return runs;
  }

  /// Returns true if the predicate is true for the numbers of these runs, variant by variant.
  static bool holds_in(In in, const std::vector<const Run*>& runs, const std::vector<double>& numbers,
                       const std::function<bool(double)>& predicate) {
    std::map<std::string, std::ptrdiff_t> balance;  // of each variant: true ones less false ones
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const bool holds = predicate(numbers[i]);
      if (!holds && in == In::every_run) return false;
      balance[runs[i]->variant] += holds ? 1 : -1;
    }
    return std::all_of(balance.begin(), balance.end(), [](const auto& each) { return each.second > 0; });
  }

  /// Adds the verdict on a claim that `holds` is true for `number` of these runs. `unit` follows the observed numbers.
  void claim(const Names& variants, const std::string& text, const std::string& expected, const std::string& unit,
             const std::function<double(const Run&)>& number, const std::function<bool(double)>& holds,
             In in = In::every_run) {
    const std::vector<const Run*> runs = runs_of(variants);
    if (runs.empty()) return;
    std::vector<double> values;
    for (const Run* run : runs) values.push_back(number(*run));
    Names ran;
    for (const Run* run : runs)
      if (std::find(ran.begin(), ran.end(), run->variant) == ran.end()) ran.push_back(run->variant);
    verdicts_.push_back({fmt::format("{}: {}", fmt::join(ran, ", "), text), expected, range(values, unit),
                         holds_in(in, runs, values, holds)});
  }

  void claim_about_ratio(const Names& variants, const std::string& text, Moment moment, const std::string& expected,
                         const std::function<bool(double)>& holds, In in = In::every_run) {
    claim(
        variants, fmt::format("{}, at the {} of training", text, name_of(moment)),
        fmt::format("first / last {}{}", expected, in == In::most_runs ? " in most runs of each" : ""), "",
        [&](const Run& run) { return gradient_ratio(run, results_.settings.depth, block_input, moment); }, holds, in);
  }

  void vanishes(const Names& variants, Moment moment, In in = In::every_run) {
    claim_about_ratio(variants, "the gradient has vanished at the first block", moment,
                      fmt::format("< {:g}", vanished_below), has_vanished, in);
  }

  void keeps(const Names& variants, Moment moment) {
    claim_about_ratio(variants, "the first block's gradient is of the last one's size", moment,
                      fmt::format("in [{:g}, {:g}]", kept_from, kept_to), is_kept);
  }

  void stays_near_unigram(const Names& variants) {
    const double unigram = results_.baselines.unigram;
    claim(variants, "training gets no further than the unigram entropy",
          fmt::format("{:.3f} bits ± {:.0f} %", unigram, 100 * near_unigram), " bits", last_held_out_loss,
          [&](double loss) { return is_near_unigram(loss, results_.baselines); });
  }

  void beats_bigram(const Names& variants) {
    const double bigram = results_.baselines.bigram;
    claim(variants, "beats the bigram entropy on held-out text", fmt::format("< {:.3f} bits", bigram), " bits",
          last_held_out_loss, [&](double loss) { return loss < bigram; });
  }

  void explodes(const Names& variants) {
    claim(
        variants, "unclipped, training explodes: a gradient is not finite", "before the last step",
        fmt::format(" of {} steps", results_.settings.steps),
        [](const Run& run) { return has_diverged(run) ? static_cast<double>(run.steps.size()) : not_measured; },
        [](double steps) { return !std::isnan(steps); });
  }

  void clipping_bites(const Names& variants) {
    claim(
        variants, "the threshold bites", "in more than half of the steps", " % of the steps",
        [](const Run& run) {
          const auto clipped =
              std::count_if(run.steps.begin(), run.steps.end(), [](const StepMetrics& s) { return s.clipped; });
          return 100 * static_cast<double>(clipped) / static_cast<double>(run.steps.size());
        },
        [](double percent) { return percent > 50; });
  }

  /// Returns a function of a run: the largest `number` over the observed steps in which clipping changed the gradient.
  static auto most(const std::function<double(const ClippingEffect&)>& number) {
    return [number](const Run& run) {
      std::vector<double> numbers;
      for (const ClippingEffect& effect : run.clipping)
        if (effect.changed) numbers.push_back(number(effect));
      if (numbers.empty() || std::ranges::any_of(numbers, [](double n) { return std::isnan(n); })) return not_measured;
      return std::ranges::max(numbers);
    };
  }

  void clipping_by_norm_keeps_ratios(const Names& variants) {
    claim(variants, "clipping by norm leaves all ratios between weights' gradients as they were",
          fmt::format("relative change < {:g}", rounding), "",
          most([](const ClippingEffect& e) { return e.ratio_change; }),
          [](double change) { return change < rounding; });
  }

  void clipping_by_value_bounds_elements(const Names& variants) {
    claim(variants, "clipping by value makes no element of a gradient larger", "growth 0", "",
          most([](const ClippingEffect& e) { return e.largest_growth; }), [](double growth) { return growth <= 0; });
    claim(variants, "but it turns the direction of the whole", fmt::format("1 - cosine > {:g}", rounding), "",
          most([](const ClippingEffect& e) { return 1 - e.cosine; }), [](double turn) { return turn > rounding; });
  }

  /// Not measured for a run that was not trained to its end.
  static double last_held_out_loss(const Run& run) {
    return run.finished && !run.steps.empty() ? run.steps.back().held_out_loss : not_measured;
  }

  const Results& results_;
  std::vector<Verdict> verdicts_;
};

}  // namespace

std::vector<Verdict> judge(const Results& results) { return Judge(results).verdicts(); }

}  // namespace vanishing_attention
