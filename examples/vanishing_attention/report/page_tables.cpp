#include "page_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "provenance.hpp"
#include "sentences.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

constexpr const char* continued = "\1";  // a cell that continues the one before it

std::string row(const std::string& name, const std::vector<std::string>& cells, const std::string& attributes = "") {
  std::string html = fmt::format("<tr{}><th scope=\"row\">{}</th>", attributes, escape_html(name));
  for (std::size_t i = 0; i < cells.size();) {
    std::size_t span = 1;
    while (i + span < cells.size() && cells[i + span] == continued) ++span;
    const std::string attribute = span > 1 ? fmt::format(" colspan=\"{}\"", span) : "";
    html += fmt::format("<td{}>{}</td>", attribute, escape_html(cells[i]));
    i += span;
  }
  return html + "</tr>\n";
}

/// Returns a table under a heading. A caption in place of the heading would scroll away with a wide table.
std::string table(const std::string& id, const std::string& title, const std::vector<std::string>& headings,
                  const std::string& rows) {
  std::string html = fmt::format(
      "<h3 id=\"{0}\">{1}</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{0}\">\n"
      "<table aria-labelledby=\"{0}\">\n<thead><tr>",
      id, escape_html(title));
  for (const std::string& h : headings) html += fmt::format("<th scope=\"col\">{}</th>", escape_html(h));
  return html + "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table>\n</div>\n";
}

std::string entry(const std::string& term, const std::string& text) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(term), escape_html(text));
}

bool all_diverged(const VariantSummary& s) { return s.runs > 0 && s.diverged == s.runs; }

/// Returns a variant's loss, or the steps at which its runs diverged, or both.
std::string loss_or_end(const VariantSummary& s, const std::string& loss) {
  if (s.diverged == 0) return loss;
  const std::string end = "diverged at step " + steps_text(s.diverged_first, s.diverged_last);
  return all_diverged(s) ? end : fmt::format("{} ({} of {} {})", loss, s.diverged, s.runs, end);
}

/// Computes the gradient at the first block over that at the last, both averaged over seeds, at the start of training.
/// Infinite if the last block's is zero.
double first_over_last(const Results& results, const std::string& variant, const std::string& kind) {
  const Curve curve = gradient_curve(results, variant, kind, Moment::start);
  const auto mean_at = [&](int layer) {
    const auto found = std::ranges::find(curve.x, layer);
    return found == curve.x.end() ? not_measured : curve.y[static_cast<std::size_t>(found - curve.x.begin())].mean;
  };
  return mean_at(0) / mean_at(results.settings.depth - 1);
}

const VariantSummary* find(const std::vector<VariantSummary>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, [](const VariantSummary& s) { return s.variant.name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string verdicts_html(const Results& results) {
  if (results.verdicts.empty()) return fmt::format("<p>{}</p>\n", sentence::too_small_for_claims);
  std::string rows;
  for (const Verdict& v : results.verdicts) {
    rows += fmt::format(
        "<tr><td class=\"{}\">{}</td><th scope=\"row\">{}</th><td data-label=\"expected\">{}</td><td "
        "data-label=\"observed\">{}</td></tr>\n",
        v.holds ? "pass" : "fail", v.holds ? "PASS" : "FAIL", escape_html(v.claim), escape_html(v.expected),
        escape_html(v.observed));
  }
  std::string html =
      "<table class=\"verdicts\" aria-labelledby=\"verdicts-title\">\n<thead><tr><th scope=\"col\">Verdict</th>"
      "<th scope=\"col\">Claim</th><th scope=\"col\">Expected</th><th "
      "scope=\"col\">Observed</th></tr></thead>\n<tbody>\n" +
      rows + "</tbody>\n</table>\n";
  if (!results.default_settings) html += fmt::format("<p class=\"note\">{}</p>\n", sentence::other_settings);
  return html;
}

std::string variants_html(const Results& results) {
  std::string html = "<dl>\n";
  for (const Variant& v : results.variants) html += entry(v.name, v.description);
  return html + "</dl>\n";
}

std::string results_table_html(const Results& results) {
  std::string rows;
  for (const VariantSummary& s : summarise(results)) {
    rows += row(s.variant.name,
                {all_diverged(s) ? loss_or_end(s, "") : loss_text(s.train_loss),
                 all_diverged(s) ? continued : loss_or_end(s, loss_text(s.held_out_loss)), power_text(s.ratio_start),
                 power_text(s.ratio_end), percent_text(s.clipped_share), count_text(s.tokens_per_second)});
  }
  const std::string attribute = " class=\"baseline\"";
  rows += row("unigram entropy", {"", loss_text(results.baselines.unigram), "", "", "", ""}, attribute);
  rows += row("bigram entropy", {"", loss_text(results.baselines.bigram), "", "", "", ""}, attribute);
  return table("results-table", "Final losses, gradients and speed",
               {"Variant", "Training loss", "Held-out loss", "Gradient first/last, start", "Gradient first/last, end",
                "Clipped steps", "Tokens a second"},
               rows);
}

std::string kinds_table_html(const Results& results) {
  const std::vector<std::string> kinds = weight_kinds(results);
  if (kinds.empty()) return "";
  std::vector<std::string> headings = {"Variant", block_input};
  headings.insert(headings.end(), kinds.begin(), kinds.end());
  std::string rows;
  for (const Variant& v : results.variants) {
    std::vector<std::string> cells;
    for (std::size_t i = 1; i < headings.size(); ++i) {
      cells.push_back(power_text(first_over_last(results, v.name, headings[i])));
    }
    rows += row(v.name, cells);
  }
  return table("kinds-table", "Gradient at the first block over that at the last, at the start", headings, rows);
}

std::string clipping_table_html(const Results& results) {
  const std::vector<VariantSummary> all = summarise(results);
  std::string rows;
  for (const VariantSummary& clipped : all) {
    const VariantSummary* base = find(all, clipped.variant.base);
    if (!base) continue;
    rows += row(clipped.variant.name,
                {percent_text(clipped.clipped_share), power_text(base->ratio_start), power_text(clipped.ratio_end),
                 power_text(base->ratio_end), loss_or_end(clipped, loss_text(clipped.held_out_loss)),
                 loss_or_end(*base, loss_text(base->held_out_loss))});
  }
  if (rows.empty()) return fmt::format("<p>{}</p>\n", sentence::no_clipping);
  return table("clipping-table", "With clipping and without",
               {"Variant", "Clipped steps", "Gradient first/last, start", "Gradient first/last, end, clipped",
                "Gradient first/last, end, unclipped", "Held-out loss, clipped", "Held-out loss, unclipped"},
               rows);
}

std::string attention_table_html(const Results& results) {
  std::set<int> layers;
  for (const Variant& v : results.variants)
    if (const Run* run = run_with_maps(results, v.name))
      for (const AttentionMap& map : run->attention) layers.insert(map.layer);
  if (layers.empty()) return "";
  std::vector<std::string> headings = {"Variant"};
  for (int layer : layers) headings.push_back(fmt::format("Block {}", layer));
  std::string rows;
  for (const Variant& v : results.variants) {
    const Run* run = run_with_maps(results, v.name);
    if (!run) continue;
    std::vector<std::string> cells;
    for (int layer : layers) {
      double largest = not_measured;
      for (const AttentionMap& map : run->attention)
        if (map.layer == layer) largest = std::fmax(largest, largest_share(map));
      cells.push_back(std::isnan(largest) ? "-" : fmt::format("{:.2f} ×", largest));
    }
    rows += row(v.name, cells);
  }
  return table("attention-table", "Largest attention weight, as a multiple of looking at all the past alike", headings,
               rows);
}

std::string settings_html(const Results& results) {
  const Settings& s = results.settings;
  const Provenance p = provenance();
  const auto number = [](auto value) { return fmt::format("{}", value); };
  std::string seeds;
  for (const Run& run : results.runs) {
    const std::string seed = number(run.seed);
    if (run.variant == results.runs.front().variant) seeds += (seeds.empty() ? "" : ", ") + seed;
  }
  std::string html = "<dl>\n";
  html +=
      entry("text", fmt::format("{}: {} characters to train on, {} held out, {} distinct", results.text_name,
                                results.train_characters, results.held_out_characters, results.distinct_characters));
  html += entry("model", fmt::format("{} blocks, width {}, {} heads, context {}, {} parameters", s.depth, s.width,
                                     s.heads, s.context, results.parameters));
  html += entry("initialisation", s.init);
  html += entry("optimizer", fmt::format("{}, learning rate {}", s.optimizer, s.learning_rate));
  html += entry("clipping", s.clip.empty() ? "each variant’s own" : s.clip);
  html += entry("steps", fmt::format("{} of {} sequences each", s.steps, s.batch_size));
  html += entry("seeds", seeds);
  html += entry("threads", number(s.threads));
  html += entry("time", duration_text(results.seconds));
  html += entry("ebb", fmt::format("{}, {}, {} build", p.ebb_version, p.compiler, p.build_type));
  html += entry("machine", fmt::format("{}, {} cores, {}", p.processor, p.cores, p.system));
  return html + "</dl>\n";
}

}  // namespace vanishing_attention
