#include "files.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "provenance.hpp"
#include "settings_json.hpp"
#include "summary.hpp"

namespace vanishing_attention {

namespace {

using Json = nlohmann::ordered_json;

std::string field(double value) { return std::isfinite(value) ? fmt::format("{}", value) : std::string(); }

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

Json json_of(const Spread& s) { return {{"mean", s.mean}, {"standard_deviation", s.deviation}, {"seeds", s.count}}; }

Json json_of(const VariantSummary& s) {
  return {{"name", s.variant.name},
          {"description", s.variant.description},
          {"train_loss", json_of(s.train_loss)},
          {"held_out_loss", json_of(s.held_out_loss)},
          {"gradient_ratio_start", s.ratio_start},
          {"gradient_ratio_end", s.ratio_end},
          {"clipped_share", s.clipped_share},
          {"tokens_per_second", s.tokens_per_second}};
}

Json json_of(const Run& run) {
  return {{"variant", run.variant},   {"seed", run.seed},   {"steps", run.steps.size()},
          {"finished", run.finished}, {"error", run.error}, {"tokens_per_second", run.tokens_per_second}};
}

}  // namespace

std::string metrics_csv(const Results& results) {
  std::string csv = "variant,seed,step,train_loss,held_out_loss,gradient_norm,clipped_norm,learning_rate\n";
  for (const Run& run : results.runs) {
    for (const StepMetrics& s : run.steps) {
      csv += fmt::format("{},{},{},{},{},{},{},{}\n", field(run.variant), run.seed, s.step, field(s.train_loss),
                         field(s.held_out_loss), field(s.gradient_norm), field(s.clipped_norm), field(s.learning_rate));
    }
  }
  return csv;
}

std::string gradients_csv(const Results& results) {
  std::string csv = "variant,seed,step,layer,kind,gradient_norm,activation_norm,update_ratio\n";
  for (const Run& run : results.runs) {
    for (const LayerGradient& g : run.gradients) {
      csv += fmt::format("{},{},{},{},{},{},{},{}\n", field(run.variant), run.seed, g.step, g.layer, field(g.kind),
                         field(g.gradient_norm), field(g.activation_norm), field(g.update_ratio));
    }
  }
  return csv;
}

std::string run_json(const Results& results) {
  const Provenance p = provenance();
  Json json = {{"ebb", {{"version", p.ebb_version}, {"compiler", p.compiler}, {"build_type", p.build_type}}},
               {"machine", {{"processor", p.processor}, {"cores", p.cores}, {"system", p.system}}},
               {"settings", json_of(results.settings)},
               {"default_settings", results.default_settings},
               {"interrupted", results.interrupted},
               {"seconds", results.seconds},
               {"text",
                {{"name", results.text_name},
                 {"train_characters", results.train_characters},
                 {"held_out_characters", results.held_out_characters},
                 {"distinct_characters", results.distinct_characters}}},
               {"parameters", results.parameters},
               {"unigram_entropy", results.baselines.unigram},
               {"bigram_entropy", results.baselines.bigram}};
  json["variants"] = json["runs"] = json["verdicts"] = Json::array();
  for (const VariantSummary& s : summarise(results)) json["variants"].push_back(json_of(s));
  for (const Run& run : results.runs) json["runs"].push_back(json_of(run));
  for (const Verdict& v : results.verdicts) {
    json["verdicts"].push_back(
        {{"claim", v.claim}, {"expected", v.expected}, {"observed", v.observed}, {"holds", v.holds}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vanishing_attention
