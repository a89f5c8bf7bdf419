#include "findings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "provenance.hpp"
#include "summary.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

std::string row(const std::string& name, const std::vector<std::string>& cells, const std::string& attributes = "") {
  std::string html = fmt::format("<tr{}><th scope=\"row\">{}</th>", attributes, escape_html(name));
  for (const std::string& cell : cells) html += fmt::format("<td>{}</td>", escape_html(cell));
  return html + "</tr>\n";
}

/// A heading of its own instead of a caption, which would scroll away with a wide table.
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

const VariantSummary* find(const std::vector<VariantSummary>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, [](const VariantSummary& s) { return s.variant.name; });
  return found == all.end() ? nullptr : &*found;
}

/// "0.103 below the bigram entropy", next to the nearer of the two baselines.
std::string compared(double loss, const Baselines& baselines) {
  const bool bigram = std::abs(loss - baselines.bigram) < std::abs(loss - baselines.unigram);
  const double difference = loss - (bigram ? baselines.bigram : baselines.unigram);
  if (!std::isfinite(difference)) return "";
  return fmt::format(", {:.3f} {} the {} entropy", std::abs(difference), difference < 0 ? "below" : "above",
                     bigram ? "bigram" : "unigram");
}

}  // namespace

std::string verdicts_html(const Results& results) {
  if (results.verdicts.empty()) return "<p>This run is too small for the claims to be checked on it.</p>";
  std::string html = "<ol class=\"verdicts\">\n";
  for (const Verdict& v : results.verdicts) {
    html += fmt::format(
        "<li><p><span class=\"word {}\">{}</span> {}</p><p class=\"note\">Expected: {}</p><p class=\"note\">Observed: "
        "{}</p></li>\n",
        v.holds ? "pass" : "fail", v.holds ? "PASS" : "FAIL", escape_html(v.claim), escape_html(v.expected),
        escape_html(v.observed));
  }
  html += "</ol>\n";
  if (!results.default_settings) {
    html +=
        "<p class=\"note\">The claims are made for the default settings; these are others, so a FAIL is a finding "
        "and no error.</p>\n";
  }
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
    rows +=
        row(s.variant.name, {loss_text(s.train_loss), loss_text(s.held_out_loss), ratio_text(s.ratio_start),
                             ratio_text(s.ratio_end), percent_text(s.clipped_share), count_text(s.tokens_per_second)});
  }
  const std::string attribute = " class=\"baseline\"";
  rows += row("unigram entropy", {"", loss_text(results.baselines.unigram), "", "", "", ""}, attribute);
  rows += row("bigram entropy", {"", loss_text(results.baselines.bigram), "", "", "", ""}, attribute);
  return table("results-table", "Final losses, gradients and speed",
               {"Variant", "Training loss", "Held-out loss", "Gradient first/last, start", "Gradient first/last, end",
                "Clipped steps", "Tokens a second"},
               rows);
}

std::string findings_html(const Results& results) {
  std::string html;
  for (const VariantSummary& s : summarise(results)) {
    if (repeats_base(results, s.variant) || std::isnan(s.ratio_start)) continue;
    html += fmt::format(
        "<li><strong>{}</strong>: before training, the gradient at the first block’s input is {} times that at the "
        "last’s; in the end, {} times.",
        escape_html(s.variant.name), ratio_text(s.ratio_start), ratio_text(s.ratio_end));
    if (s.held_out_loss.count > 0) {
      html += fmt::format(" Held out, it reaches {} bits per character{}.", loss_text(s.held_out_loss.mean),
                          compared(s.held_out_loss.mean, results.baselines));
    }
    html += "</li>\n";
  }
  return html.empty() ? "" : "<ul>\n" + html + "</ul>\n";
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
      cells.push_back(ratio_text(gradient_ratio(results, v.name, headings[i], Moment::start)));
    }
    rows += row(v.name, cells);
  }
  return table("kinds-table", "Gradient at the first block over that at the last, at the start", headings, rows);
}

std::string clipping_table_html(const Results& results) {
  const std::vector<VariantSummary> all = summarise(results);
  std::string rows;
  const auto pair = [](const std::string& with, const std::string& without) { return with + " | " + without; };
  for (const VariantSummary& clipped : all) {
    const VariantSummary* base = find(all, clipped.variant.base);
    if (!base) continue;
    rows +=
        row(clipped.variant.name,
            {percent_text(clipped.clipped_share), pair(ratio_text(clipped.ratio_start), ratio_text(base->ratio_start)),
             pair(ratio_text(clipped.ratio_end), ratio_text(base->ratio_end)),
             pair(loss_text(clipped.held_out_loss.mean), loss_text(base->held_out_loss.mean))});
  }
  if (rows.empty()) return "<p>This run has no variant both with and without clipping.</p>\n";
  return table("clipping-table", "With clipping | without",
               {"Variant", "Clipped steps", "Gradient first/last, start", "Gradient first/last, end", "Held-out loss"},
               rows);
}

std::string explosion_html(const Results& results) {
  std::string html;
  for (const VariantSummary& s : summarise(results)) {
    if (!(s.ratio_start > 10)) continue;
    html += fmt::format(
        "Here, the gradient of <strong>{}</strong> grows by a factor of {} from the last block to the first. ",
        escape_html(s.variant.name), ratio_text(s.ratio_start));
  }
  return html.empty() ? "No stack of this run starts that way." : html;
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
  html += entry("steps", fmt::format("{} of {} sequences each", s.steps, s.batch));
  html += entry("seeds", seeds);
  html += entry("threads", number(s.threads));
  html += entry("time", duration_text(results.seconds));
  html += entry("ebb", fmt::format("{}, {}, {} build", p.ebb_version, p.compiler, p.build_type));
  html += entry("machine", fmt::format("{}, {} cores, {}", p.processor, p.cores, p.system));
  return html + "</dl>\n";
}

std::string notice_html(const Results& results) {
  std::string unfinished;
  for (const Run& run : results.runs) {
    if (run.finished) continue;
    unfinished +=
        fmt::format("<li>{}, seed {}: {} of {} steps{}</li>\n", escape_html(run.variant), run.seed, run.steps.size(),
                    results.settings.steps, run.error.empty() ? "" : ": " + escape_html(run.error));
  }
  if (unfinished.empty() && !results.interrupted) return "";
  return fmt::format(
      "<div class=\"notice\" role=\"note\"><p><strong>{}</strong></p>\n<ul>\n{}</ul></div>\n",
      results.interrupted ? "The run was interrupted; the page shows what there is." : "Some runs did not finish.",
      unfinished);
}

}  // namespace vanishing_attention
