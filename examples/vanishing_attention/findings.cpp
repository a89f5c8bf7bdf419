#include "findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "summary.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

using Group = std::vector<VariantSummary>;

Group those(const Group& all, const std::function<bool(const VariantSummary&)>& chosen) {
  Group group;
  std::ranges::copy_if(all, std::back_inserter(group), chosen);
  return group;
}

/// "bare, norm and post-norm"
std::string listed(const std::vector<std::string>& parts) {
  std::string list;
  for (std::size_t i = 0; i < parts.size(); ++i)
    list += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return list;
}

std::string strong(const std::string& name) { return "<strong>" + escape_html(name) + "</strong>"; }

std::string names(const Group& group) {
  std::vector<std::string> parts;
  for (const VariantSummary& s : group) parts.push_back(strong(s.variant.name));
  return listed(parts);
}

std::string verb(const Group& subject, const std::string& plural, const std::string& singular) {
  return subject.size() == 1 ? singular : plural;
}

/// "2.98 to 3.42", of one number of each variant.
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
bool trains(const VariantSummary& s, const Baselines& b) { return !diverges(s) && held_out(s) < b.bigram; }
bool is_clipped(const VariantSummary& s) { return !s.variant.base.empty(); }

/// The one with the lowest held-out loss of those that did not diverge.
std::optional<VariantSummary> furthest(const Group& all) {
  const Group finished = those(all, [](const auto& s) { return !diverges(s) && std::isfinite(held_out(s)); });
  const auto best = std::ranges::min_element(finished, {}, held_out);
  return best == finished.end() ? std::nullopt : std::optional(*best);
}

std::string divergence(const VariantSummary& s) {
  return fmt::format("{} after {} steps",
                     s.diverged == s.runs ? "diverges" : fmt::format("diverges in {} of {} runs", s.diverged, s.runs),
                     s.diverged_first == s.diverged_last ? std::to_string(s.diverged_first)
                                                         : fmt::format("{} to {}", s.diverged_first, s.diverged_last));
}

/// ", which is 0.10 below the bigram entropy": next to the nearer of the two baselines.
std::string compared(double loss, const Baselines& baselines) {
  const bool bigram = std::abs(loss - baselines.bigram) < std::abs(loss - baselines.unigram);
  const double difference = loss - (bigram ? baselines.bigram : baselines.unigram);
  if (!std::isfinite(difference)) return "";
  if (std::abs(difference) < 0.05) return fmt::format(", at the {} entropy", bigram ? "bigram" : "unigram");
  return fmt::format(", {:.2f} {} the {} entropy", std::abs(difference), difference < 0 ? "below" : "above",
                     bigram ? "bigram" : "unigram");
}

/// The factor that each block takes from a gradient that falls all the way down: "12 to 20"; else empty.
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

/// Whether the maps of the later blocks show no weight that is larger than an even share by more than a twentieth.
bool looks_evenly(const Results& results, const std::string& variant) {
  if (!has_later_maps(results, variant)) return false;
  return std::ranges::all_of(run_with_maps(results, variant)->attention,
                             [](const AttentionMap& map) { return map.layer == 0 || largest_share(map) < 1.05; });
}

/// What is to be said about a variant in particular, where its numbers bear it out.
std::string remark(const Results& results, const VariantSummary& s) {
  const Settings& settings = results.settings;
  if (diverges(s) && s.variant.name == "residual")
    return " The gradient has its way down, but nothing holds the signals to one size: with " +
           escape_html(settings.optimizer) + fmt::format(" at a learning rate of {}", settings.learning_rate) +
           " they run away. What clipping does for it, <a href=\"#clipping\">see below</a>.";
  if (!vanishes_in_training(s)) return "";
  std::string text = " What was sound at the start is lost in training";
  text +=
      looks_evenly(results, s.variant.name)
          ? ": beyond the first block every position looks at all of its past alike, and the positions’ signals have "
            "become alike (<a href=\"#attention\">see below</a>)."
          : ".";
  if (s.variant.name == "post-norm")
    text += fmt::format(
        " Post-norm is known to need a small learning rate or a long warm-up (<a href=\"#sources\">Xiong et al. "
        "2020</a>); this is its result at a learning rate of {}, the same for all. <code>--learning-rate</code> and "
        "<code>--optimizer</code> let you try others.",
        settings.learning_rate);
  return text;
}

/// Over the blocks of one stack: flat, falling one way or the other, or neither.
std::string profile(const Curve& curve) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  int zeros = 0;
  for (const Spread& s : curve.y) {
    if (s.mean == 0) ++zeros;
    if (s.mean > 0) low = std::min(low, s.mean), high = std::max(high, s.mean);
  }
  if (curve.y.empty() || !(high > 0)) return "all of it 0, too small for single precision";
  constexpr double flat = 30;
  const double first = curve.y.front().mean, last = curve.y.back().mean;
  if (zeros == 0 && high < flat * low)
    return fmt::format("about the same in every block, {} to {}", power_text(low), power_text(high));
  if (first > flat * last) {
    std::string text = fmt::format("falls towards the last block, from {} to {}", power_text(first), power_text(low));
    if (zeros > 0) text += fmt::format(", and in {} of the blocks to 0: too small for single precision", zeros);
    return text;
  }
  if (last > flat * first)
    return fmt::format("falls towards the first block, from {} to {}", power_text(last), power_text(first));
  return fmt::format("between {} and {}", power_text(low), power_text(high));
}

/// How far signal and gradient shrink in a stack at the start, if both do.
std::string decay_both_ways(const Results& results, const std::string& variant) {
  const auto ends = [&](double LayerGradient::*norm) {
    const Curve curve = gradient_curve(results, variant, block_input, Moment::start, norm);
    const auto last = static_cast<std::size_t>(results.settings.depth) - 1;
    return curve.y.size() > last ? std::pair(curve.y.front().mean, curve.y[last].mean) : std::pair(1.0, 1.0);
  };
  const auto [signal_first, signal_last] = ends(&LayerGradient::activation_norm);
  const auto [gradient_first, gradient_last] = ends(&LayerGradient::gradient_norm);
  if (!has_vanished(signal_last / signal_first) || !has_vanished(gradient_first / gradient_last)) return "";
  return fmt::format(
      "<p>In {} at the start, the signal shrinks on the way up, from {} at the first block’s input to {} at the "
      "last’s, and "
      "the gradient on the way down, from {} at the last to {} at the first.</p>\n",
      strong(variant), power_text(signal_first), power_text(signal_last), power_text(gradient_last),
      power_text(gradient_first));
}

struct Kind {
  const char *name, *reason;
};

constexpr Kind kinds_explained[] = {
    {"value/output",
     "What came in from below times the gradient from above, |x|·|dy|: where both decay alike, one on "
     "the way up and the other on the way down, the product looks flat."},
    {"feed-forward", "The same product, with the same cancelling."},
    {"bias", "There is no |x| in it, only dy summed over positions: the backward decay undisguised."},
    {"query/key",
     "It comes through the softmax, with two more factors of the signal’s size, and sees only how the "
     "positions <em>differ</em>. Depth can take both: signals shrink, and attention makes positions alike "
     "(rank collapse, <a href=\"#sources\">Dong et al. 2021, Noci et al. 2022</a>). So it can fall the other "
     "way, towards the <em>last</em> blocks."},
    {"norm", "Gains and offsets see a signal that has just been normalised: nothing cancels here either."}};

}  // namespace

std::string answer_html(const Results& results) {
  const Group all = summarise(results);
  const Baselines& b = results.baselines;
  const auto stuck = [&](const VariantSummary& s) { return is_near_unigram(held_out(s), b); };
  std::string text;
  const Group lost = those(all, [&](const auto& s) { return !is_clipped(s) && vanishes_at_once(s) && stuck(s); });
  if (!lost.empty())
    text += fmt::format(
        "In {} the gradient has vanished before training begins: at the first block’s input it is {} of what it is at "
        "the "
        "last’s. Training then learns how frequent each character is, and no more: {} bits per character on held-out "
        "text, where counting characters alone gives {}. ",
        names(lost), range(lost, start_ratio, power_text), range(lost, held_out, bits), bits(b.unigram));
  const Group trained = those(all, [&](const auto& s) { return trains(s, b); });
  const auto kept = [](const VariantSummary& s) { return is_kept(s.ratio_start) && is_kept(s.ratio_end); };
  if (!trained.empty()) {
    text += (lost.empty() ? "" : "What brings it back: ") + names(trained);
    if (std::ranges::all_of(trained, kept))
      text += fmt::format(" {} it at one size from the first block to the last (first over last: {} at the end) and",
                          verb(trained, "keep", "keeps"), range(trained, end_ratio, power_text));
    text += fmt::format(" {} {} bits, below the {} of the bigram entropy: more than the character before gives away. ",
                        verb(trained, "reach", "reaches"), range(trained, held_out, bits), bits(b.bigram));
  }
  const auto best = furthest(all);
  if (trained.empty() && best)
    text += fmt::format("No stack of this run gets below the {} bits of the bigram entropy; {} comes closest, at {}. ",
                        bits(b.bigram), strong(best->variant.name), bits(held_out(*best)));
  for (const VariantSummary& s : those(all, diverges))
    text += fmt::format("{}{} {}. ", strong(s.variant.name),
                        is_kept(s.ratio_start) ? " lets the gradient through too, but" : "", divergence(s));
  const Group fading = those(all, vanishes_in_training);
  if (!fading.empty())
    text += fmt::format("{} {} with a sound gradient and {} it in training: {} of it arrives in the end. ",
                        names(fading), verb(fading, "start", "starts"), verb(fading, "lose", "loses"),
                        range(fading, end_ratio, power_text));
  const Group uncured =
      those(all, [&](const auto& s) { return is_clipped(s) && has_vanished(s.ratio_end) && stuck(s); });
  if (!uncured.empty())
    text += fmt::format("Clipping cures nothing that has vanished: {} {} at {} bits.", names(uncured),
                        verb(uncured, "end", "ends"), range(uncured, held_out, bits));
  if (text.empty()) text = "Too little was measured for an answer.";
  return "<p class=\"answer\">" + text + "</p>\n";
}

std::string flow_html(const Results& results) {
  std::string html;
  for (const VariantSummary& s : summarise(results)) {
    if (repeats_base(results, s.variant) || std::isnan(s.ratio_start)) continue;
    html += fmt::format("<li>{}: at the start the first block gets {} times the last one’s gradient",
                        strong(s.variant.name), power_text(s.ratio_start));
    const std::string factor = vanishes_at_once(s) ? factor_per_block(results, s.variant.name) : "";
    if (!factor.empty()) html += fmt::format(" (every block divides it by {})", factor);
    if (!std::isnan(s.ratio_end)) html += fmt::format(", at the end {} times", power_text(s.ratio_end));
    html += ".";
    if (diverges(s)) html += fmt::format(" It {}.", divergence(s));
    if (s.held_out_loss.count > 0)
      html += fmt::format(" It reaches {} bits per character{}.", bits(held_out(s)),
                          compared(held_out(s), results.baselines));
    html += remark(results, s) + "</li>\n";
  }
  return html.empty() ? "" : "<ul>\n" + html + "</ul>\n";
}

std::string weights_html(const Results& results) {
  const std::vector<std::string> kinds = weight_kinds(results);
  const Group vanishing = those(summarise(results), vanishes_at_once);
  const std::string name = vanishing.empty() ? "" : vanishing.front().variant.name;
  const auto curve = [&](const std::string& kind, Moment moment) {
    return gradient_curve(results, name, kind, moment);
  };
  std::string html = decay_both_ways(results, name) + "<ul>\n";
  for (const Kind& kind : kinds_explained) {
    if (std::ranges::find(kinds, kind.name) == kinds.end()) continue;
    html += fmt::format("<li><strong>{}</strong>. {}", kind.name, kind.reason);
    if (const Curve c = curve(kind.name, Moment::start); !name.empty() && !c.x.empty())
      html += fmt::format(" In {} at the start: {}.", strong(name), profile(c));
    html += "</li>\n";
  }
  html += "</ul>\n";
  const double start = gradient_ratio(results, name, "feed-forward", Moment::start);
  const double end = gradient_ratio(results, name, "feed-forward", Moment::end);
  if (!has_vanished(start) && has_vanished(end) && has_vanished(vanishing.front().ratio_end))
    html += fmt::format(
        "<p>By the end the flat profiles of {} have tilted: its last blocks do get a gradient, learn (their biases "
        "first), and their signals grow again, and with them their weights’ gradients. The first blocks stand where "
        "they stood: "
        "the feed-forward gradient of the first is now {} times the last one’s.</p>\n",
        strong(name), power_text(end));
  return html;
}

std::string clipping_html(const Results& results) {
  const Group all = summarise(results);
  std::string helped, useless;
  const auto best = furthest(all);
  for (const VariantSummary& base : all) {
    const Group clipped = those(all, [&](const auto& s) { return s.variant.base == base.variant.name; });
    if (clipped.empty()) continue;
    const auto rescued = [&](const VariantSummary& s) { return trains(s, results.baselines); };
    if (diverges(base) && std::ranges::all_of(clipped, rescued))
      helped += fmt::format("<p>In this run that is {}: unclipped it {}; {} trained to the end, at {} bits{}.</p>\n",
                            strong(base.variant.name), divergence(base), names(clipped), range(clipped, held_out, bits),
                            best && best->variant.base == base.variant.name ? ", the best of all" : "");
    if (vanishes_at_once(base) && std::ranges::all_of(clipped, [](const auto& s) { return has_vanished(s.ratio_end); }))
      useless += fmt::format(
          "<p>{} stays as it is: at the end, clipped, the first block gets {} times the last one’s gradient, unclipped "
          "{} "
          "times. One factor for all weights leaves every ratio, and a bound from above cannot raise what is too "
          "small.</p>\n",
          strong(base.variant.name), range(clipped, end_ratio, power_text), power_text(base.ratio_end));
  }
  return helped + useless;
}

std::string attention_html(const Results& results) {
  const bool has_maps = std::ranges::any_of(results.runs, [](const Run& run) { return !run.attention.empty(); });
  if (!has_maps) return "<p>No attention maps were taken.</p>\n";
  std::string html =
      "<p>One head, after training, on one held-out passage: each row of a map is a position that asks, each column a "
      "position that it looks at; only the past is open to it, hence the triangle. A row’s weights add up to 1, so "
      "rows further down, with more to share it among, are paler. A row of one shade looks at all of its past alike; "
      "columns are characters that many positions look at.</p>\n";
  const Group even = those(summarise(results), [&](const auto& s) { return looks_evenly(results, s.variant.name); });
  const Group uneven = those(summarise(results), [&](const auto& s) {
    return has_later_maps(results, s.variant.name) && !looks_evenly(results, s.variant.name);
  });
  if (!even.empty())
    html += fmt::format(
        "<p>In {} the maps beyond the first block are smooth fades: no weight is above an even share by more than a "
        "twentieth. There is nothing left to tell positions apart by: their signals have become alike (rank collapse), "
        "or "
        "too small.</p>\n",
        names(even));
  if (!uneven.empty())
    html += fmt::format("<p>In {} the later blocks still tell positions apart.</p>\n", names(uneven));
  return html + "<div id=\"attention-maps\"></div>\n";
}

std::string notice_html(const Results& results) {
  if (!results.interrupted) return "";
  const auto done = std::ranges::count_if(results.runs, &Run::finished);
  return fmt::format(
      "<p class=\"notice\" role=\"note\"><strong>The run was interrupted</strong>; the page shows what there is. {} of "
      "{} "
      "begun runs were trained to the end.</p>\n",
      done, results.runs.size());
}

}  // namespace vanishing_attention
