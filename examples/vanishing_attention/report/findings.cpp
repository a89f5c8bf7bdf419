#include "findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "sentences.hpp"
#include "summary.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

using namespace fmt::literals;
using Group = std::vector<VariantSummary>;

std::string paragraph(const std::string& text) { return "<p>" + text + "</p>\n"; }
std::string joined(const std::vector<std::string>& sentences) { return fmt::format("{}", fmt::join(sentences, " ")); }

Group those(const Group& all, const std::function<bool(const VariantSummary&)>& chosen) {
  Group group;
  std::ranges::copy_if(all, std::back_inserter(group), chosen);
  return group;
}

std::string strong(const std::string& name) { return "<strong>" + escape_html(name) + "</strong>"; }
std::string strong(const VariantSummary& s) { return strong(s.variant.name); }

/// "bare, norm and post-norm"
std::string names(const Group& group) {
  std::string list;
  for (std::size_t i = 0; i < group.size(); ++i)
    list += (i == 0 ? "" : i + 1 == group.size() ? " and " : ", ") + strong(group[i]);
  return list;
}

std::string verb(const Group& subject, const char* plural, const char* singular) {
  return subject.size() == 1 ? singular : plural;
}

/// "2.98 to 3.42": the range of one number over several variants.
std::string range(const Group& group, const std::function<double(const VariantSummary&)>& number,
                  std::string (*text)(double)) {
  std::vector<double> values;
  for (const VariantSummary& s : group) values.push_back(number(s));
  const auto [low, high] = std::ranges::minmax(values);
  return text(low) == text(high) ? text(low) : text(low) + " to " + text(high);
}

double end_ratio(const VariantSummary& s) { return s.ratio_end; }
double start_ratio(const VariantSummary& s) { return s.ratio_start; }
double held_out(const VariantSummary& s) { return s.held_out_loss.mean; }
std::string bits(double loss) { return fmt::format("{:.2f}", loss); }

bool diverges(const VariantSummary& s) { return s.diverged > 0; }
bool vanishes_at_once(const VariantSummary& s) { return has_vanished(s.ratio_start); }
bool vanishes_in_training(const VariantSummary& s) { return is_kept(s.ratio_start) && has_vanished(s.ratio_end); }
bool keeps_gradient(const VariantSummary& s) { return is_kept(s.ratio_start) && is_kept(s.ratio_end); }
bool trains(const VariantSummary& s, const Baselines& b) { return !diverges(s) && held_out(s) < b.bigram; }
bool is_clipped(const VariantSummary& s) { return !s.variant.base.empty(); }

/// Returns the variant with the lowest held-out loss of those that did not diverge.
std::optional<VariantSummary> best_of(const Group& all) {
  const Group finished = those(all, [](const auto& s) { return !diverges(s) && std::isfinite(held_out(s)); });
  const auto best = std::ranges::min_element(finished, {}, held_out);
  return best == finished.end() ? std::nullopt : std::optional(*best);
}

std::string divergence(const VariantSummary& s) {
  const std::string steps = s.diverged_first == s.diverged_last
                                ? std::to_string(s.diverged_first)
                                : fmt::format("{} to {}", s.diverged_first, s.diverged_last);
  if (s.diverged == s.runs) return fmt::format(sentence::diverges, "steps"_a = steps);
  return fmt::format(sentence::diverges_in_some_runs, "diverged"_a = s.diverged, "runs"_a = s.runs, "steps"_a = steps);
}

/// Compares a loss with the nearer of the two baselines: ", 0.10 below the bigram entropy".
std::string compared(double loss, const Baselines& baselines) {
  const bool bigram = std::abs(loss - baselines.bigram) < std::abs(loss - baselines.unigram);
  const char* baseline = bigram ? "bigram" : "unigram";
  const double difference = loss - (bigram ? baselines.bigram : baselines.unigram);
  if (!std::isfinite(difference)) return "";
  if (std::abs(difference) < 0.05) return ", " + fmt::format(sentence::at_entropy, "baseline"_a = baseline);
  return ", " + fmt::format(sentence::off_entropy, "difference"_a = bits(std::abs(difference)),
                            "side"_a = difference < 0 ? "below" : "above", "baseline"_a = baseline);
}

/// Returns the factors by which the blocks divide a gradient that falls all the way down, as a range: "12 to 20". Empty
/// if it does not fall in every block.
std::string factor_per_block(const Results& results, const std::string& variant) {
  const Curve curve = gradient_curve(results, variant, block_input, Moment::start);
  std::vector<double> factors;
  for (std::size_t i = 0; i + 1 < curve.x.size(); ++i)
    if (curve.x[i + 1] < results.settings.depth) factors.push_back(curve.y[i + 1].mean / curve.y[i].mean);
  if (factors.empty()) return "";
  const auto [low, high] = std::ranges::minmax(factors);
  return low > 1 && std::isfinite(high) ? fmt::format("{:.0f} to {:.0f}", low, high) : "";
}

bool has_later_maps(const Results& results, const std::string& variant) {
  const Run* run = run_with_maps(results, variant);
  return run && std::ranges::any_of(run->attention, [](const AttentionMap& map) { return map.layer > 0; });
}

/// Returns true if no attention weight beyond the first block is larger than an even share by more than a twentieth.
bool attends_evenly(const Results& results, const std::string& variant) {
  if (!has_later_maps(results, variant)) return false;
  return std::ranges::all_of(run_with_maps(results, variant)->attention,
                             [](const AttentionMap& map) { return map.layer == 0 || largest_share(map) < 1.05; });
}

/// Returns the sentences that explain a variant's result, where its numbers bear them out.
std::vector<std::string> remarks(const Results& results, const VariantSummary& s) {
  const Settings& settings = results.settings;
  if (diverges(s) && s.variant.name == "residual")
    return {fmt::format(sentence::residual_diverges, "optimizer"_a = escape_html(settings.optimizer),
                        "rate"_a = settings.learning_rate)};
  if (!vanishes_in_training(s)) return {};
  std::vector<std::string> sentences{attends_evenly(results, s.variant.name) ? sentence::alike_in_training
                                                                             : sentence::lost_in_training};
  if (s.variant.name == "post-norm")
    sentences.push_back(fmt::format(sentence::post_norm_needs, "rate"_a = settings.learning_rate));
  return sentences;
}

/// Describes a curve over the blocks of a stack: flat, falling one way or the other, or neither.
std::string profile(const Curve& curve) {
  double lowest = std::numeric_limits<double>::infinity(), highest = 0;
  int zeros = 0;
  for (const Spread& s : curve.y) {
    if (s.mean == 0) ++zeros;
    if (s.mean > 0) lowest = std::min(lowest, s.mean), highest = std::max(highest, s.mean);
  }
  if (curve.y.empty() || !(highest > 0)) return sentence::profile_zero;
  constexpr double flat = 30;
  const double first = curve.y.front().mean, last = curve.y.back().mean;
  const std::string low = power_text(lowest), high = power_text(highest);
  if (zeros == 0 && highest < flat * lowest) return fmt::format(sentence::profile_flat, "low"_a = low, "high"_a = high);
  if (first > flat * last) {
    const std::string falls = fmt::format(sentence::profile_to_last, "first"_a = power_text(first), "low"_a = low);
    return zeros == 0 ? falls : falls + ", " + fmt::format(sentence::profile_some_zero, "zeros"_a = zeros);
  }
  if (last > flat * first)
    return fmt::format(sentence::profile_to_first, "last"_a = power_text(last), "first"_a = power_text(first));
  return fmt::format(sentence::profile_mixed, "low"_a = low, "high"_a = high);
}

/// Tells how far signal and gradient shrink in a stack at the start; empty unless both do.
std::string decay_both_ways(const Results& results, const std::string& variant) {
  const auto ends = [&](double LayerGradient::*norm) {
    const Curve curve = gradient_curve(results, variant, block_input, Moment::start, norm);
    const auto last = static_cast<std::size_t>(results.settings.depth) - 1;
    return curve.y.size() > last ? std::pair(curve.y.front().mean, curve.y[last].mean) : std::pair(1.0, 1.0);
  };
  const auto [signal_first, signal_last] = ends(&LayerGradient::activation_norm);
  const auto [gradient_first, gradient_last] = ends(&LayerGradient::gradient_norm);
  if (!has_vanished(signal_last / signal_first) || !has_vanished(gradient_first / gradient_last)) return "";
  return paragraph(fmt::format(sentence::decay_both_ways, "variant"_a = strong(variant),
                               "signal_first"_a = power_text(signal_first), "signal_last"_a = power_text(signal_last),
                               "gradient_last"_a = power_text(gradient_last),
                               "gradient_first"_a = power_text(gradient_first)));
}

struct Kind {
  const char *name, *explanation;
};

constexpr Kind explained_kinds[] = {{"value/output", sentence::value_output},
                                    {"feed-forward", sentence::feed_forward},
                                    {"bias", sentence::bias},
                                    {"query/key", sentence::query_key},
                                    {"norm", sentence::norm}};

}  // namespace

std::string answer_html(const Results& results) {
  const Group all = summarise(results);
  const Baselines& b = results.baselines;
  const std::string unigram = bits(b.unigram), bigram = bits(b.bigram);
  const auto stuck = [&](const VariantSummary& s) { return is_near_unigram(held_out(s), b); };
  const Group lost = those(all, [&](const auto& s) { return !is_clipped(s) && vanishes_at_once(s) && stuck(s); });
  const Group trained = those(all, [&](const auto& s) { return trains(s, b); });
  const Group fading = those(all, vanishes_in_training);
  const Group uncured =
      those(all, [&](const auto& s) { return is_clipped(s) && has_vanished(s.ratio_end) && stuck(s); });

  std::vector<std::string> sentences;
  if (!lost.empty())
    sentences.push_back(fmt::format(sentence::lost, "variants"_a = names(lost),
                                    "ratios"_a = range(lost, start_ratio, power_text),
                                    "losses"_a = range(lost, held_out, bits), "unigram"_a = unigram));
  if (!trained.empty()) {
    if (!lost.empty()) sentences.push_back(sentence::what_helps);
    std::string variants = names(trained);
    if (std::ranges::all_of(trained, keeps_gradient))
      variants = fmt::format(sentence::kept, "variants"_a = variants, "keep"_a = verb(trained, "keep", "keeps"),
                             "ratios"_a = range(trained, end_ratio, power_text));
    sentences.push_back(fmt::format(sentence::trained, "variants"_a = variants,
                                    "reach"_a = verb(trained, "reach", "reaches"),
                                    "losses"_a = range(trained, held_out, bits), "bigram"_a = bigram));
  } else if (const auto best = best_of(all)) {
    sentences.push_back(fmt::format(sentence::none_trained, "bigram"_a = bigram, "best"_a = strong(*best),
                                    "loss"_a = bits(held_out(*best))));
  }
  for (const VariantSummary& s : those(all, diverges)) {
    const std::string variant = strong(s), how = divergence(s);
    sentences.push_back(is_kept(s.ratio_start)
                            ? fmt::format(sentence::lets_through, "variant"_a = variant, "diverges"_a = how)
                            : fmt::format(sentence::diverging, "variant"_a = variant, "diverges"_a = how));
  }
  if (!fading.empty())
    sentences.push_back(
        fmt::format(sentence::fading, "variants"_a = names(fading), "start"_a = verb(fading, "start", "starts"),
                    "lose"_a = verb(fading, "lose", "loses"), "ratios"_a = range(fading, end_ratio, power_text)));
  if (!uncured.empty())
    sentences.push_back(fmt::format(sentence::uncured, "variants"_a = names(uncured),
                                    "end"_a = verb(uncured, "end", "ends"),
                                    "losses"_a = range(uncured, held_out, bits)));
  if (sentences.empty()) sentences.push_back(sentence::no_answer);
  return "<p class=\"answer\">" + joined(sentences) + "</p>\n";
}

std::string flow_html(const Results& results) {
  std::string html;
  for (const VariantSummary& s : summarise(results)) {
    if (repeats_base(results, s.variant) || std::isnan(s.ratio_start)) continue;
    const std::string factor = vanishes_at_once(s) ? factor_per_block(results, s.variant.name) : "";
    std::vector<std::string> sentences{
        fmt::format(sentence::flow, "variant"_a = strong(s), "ratio"_a = power_text(s.ratio_start),
                    "factor"_a = factor.empty() ? "" : " " + fmt::format(sentence::flow_factor, "factor"_a = factor),
                    "end"_a = std::isnan(s.ratio_end)
                                  ? ""
                                  : ", " + fmt::format(sentence::flow_end, "ratio"_a = power_text(s.ratio_end)))};
    if (diverges(s)) sentences.push_back(fmt::format(sentence::it_diverges, "diverges"_a = divergence(s)));
    if (s.held_out_loss.count > 0)
      sentences.push_back(fmt::format(sentence::it_reaches, "loss"_a = bits(held_out(s)),
                                      "compared"_a = compared(held_out(s), results.baselines)));
    std::ranges::copy(remarks(results, s), std::back_inserter(sentences));
    html += "<li>" + joined(sentences) + "</li>\n";
  }
  return html.empty() ? "" : "<ul>\n" + html + "</ul>\n";
}

std::string weights_html(const Results& results) {
  const std::vector<std::string> kinds = weight_kinds(results);
  const Group vanishing = those(summarise(results), vanishes_at_once);
  const std::string name = vanishing.empty() ? "" : vanishing.front().variant.name;
  std::string html = decay_both_ways(results, name) + "<ul>\n";
  for (const Kind& kind : explained_kinds) {
    if (std::ranges::find(kinds, kind.name) == kinds.end()) continue;
    html += fmt::format("<li><strong>{}</strong>. {}", kind.name, kind.explanation);
    if (const Curve curve = gradient_curve(results, name, kind.name, Moment::start); !curve.x.empty())
      html += " " + fmt::format(sentence::kind_at_start, "variant"_a = strong(name), "profile"_a = profile(curve));
    html += "</li>\n";
  }
  html += "</ul>\n";
  const double start = mean_gradient_ratio(results, name, "feed-forward", Moment::start);
  const double end = mean_gradient_ratio(results, name, "feed-forward", Moment::end);
  if (!has_vanished(start) && has_vanished(end) && has_vanished(vanishing.front().ratio_end))
    html += paragraph(fmt::format(sentence::profiles_tilted, "variant"_a = strong(name), "ratio"_a = power_text(end)));
  return html;
}

std::string clipping_html(const Results& results) {
  const Group all = summarise(results);
  std::string rescued, not_rescued;
  const auto best = best_of(all);
  for (const VariantSummary& base : all) {
    const Group clipped = those(all, [&](const auto& s) { return s.variant.base == base.variant.name; });
    if (clipped.empty()) continue;
    if (diverges(base) && std::ranges::all_of(clipped, [&](const auto& s) { return trains(s, results.baselines); }))
      rescued += paragraph(fmt::format(
          sentence::rescued, "base"_a = strong(base), "diverges"_a = divergence(base), "variants"_a = names(clipped),
          "losses"_a = range(clipped, held_out, bits),
          "best"_a = best && best->variant.base == base.variant.name ? std::string(", ") + sentence::best_of_all : ""));
    if (vanishes_at_once(base) && std::ranges::all_of(clipped, [](const auto& s) { return has_vanished(s.ratio_end); }))
      not_rescued += paragraph(fmt::format(sentence::not_rescued, "base"_a = strong(base),
                                           "clipped"_a = range(clipped, end_ratio, power_text),
                                           "unclipped"_a = power_text(base.ratio_end)));
  }
  return rescued + not_rescued;
}

std::string attention_html(const Results& results) {
  const bool has_maps = std::ranges::any_of(results.runs, [](const Run& run) { return !run.attention.empty(); });
  if (!has_maps) return paragraph(sentence::no_maps);
  const Group all = those(summarise(results), [&](const auto& s) { return has_later_maps(results, s.variant.name); });
  const Group even = those(all, [&](const auto& s) { return attends_evenly(results, s.variant.name); });
  const Group uneven = those(all, [&](const auto& s) { return !attends_evenly(results, s.variant.name); });
  std::string html = paragraph(sentence::reading_maps);
  if (!even.empty()) html += paragraph(fmt::format(sentence::even_maps, "variants"_a = names(even)));
  if (!uneven.empty()) html += paragraph(fmt::format(sentence::uneven_maps, "variants"_a = names(uneven)));
  return html + "<div id=\"attention-maps\"></div>\n";
}

std::string notice_html(const Results& results) {
  if (!results.interrupted) return "";
  const auto finished = std::ranges::count_if(results.runs, &Run::finished);
  return fmt::format("<p class=\"notice\" role=\"note\">{}</p>\n",
                     fmt::format(sentence::interrupted, "finished"_a = finished, "runs"_a = results.runs.size()));
}

}  // namespace vanishing_attention
