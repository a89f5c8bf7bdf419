#include "page_data.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "style.hpp"
#include "summary.hpp"

namespace vanishing_attention {

namespace {

using Json = nlohmann::ordered_json;

/// Rounds a number to six digits, which are enough to draw it. A number that the axis cannot show becomes null.
Json number(double value, bool logarithmic) {
  if (!std::isfinite(value) || (logarithmic && value < 1e-300)) return nullptr;
  return Json::parse(fmt::format("{:.6g}", value));
}

Json json_of(const Curve& curve, bool logarithmic) {
  Json json = {{"x", curve.x}, {"mean", Json::array()}, {"low", Json::array()}, {"high", Json::array()}};
  for (const Spread& s : curve.y) {
    json["mean"].push_back(number(s.mean, logarithmic));
    json["low"].push_back(number(s.low, logarithmic));
    json["high"].push_back(number(s.high, logarithmic));
  }
  return json;
}

Json variants_json(const Results& results) {
  Json json = Json::array();
  const std::vector<LineStyle> styles = line_styles(results.variants);
  for (std::size_t i = 0; i < styles.size(); ++i) {
    json.push_back({{"name", results.variants[i].name},
                    {"light", styles[i].colour},
                    {"dark", styles[i].dark_colour},
                    {"dash", styles[i].dash}});
  }
  return json;
}

Json curves_json(const Results& results, Curve (*curve_of)(const Results&, const std::string&)) {
  Json json = Json::array();
  for (const Variant& v : results.variants) json.push_back(json_of(curve_of(results, v.name), false));
  return json;
}

Json gradients_json(const Results& results, const std::string& kind) {
  Json json;
  for (const Moment moment : moments) {
    Json& curves = json[name_of(moment)] = Json::array();
    for (const Variant& v : results.variants) {
      curves.push_back(json_of(gradient_curve(results, v.name, kind, moment), true));
    }
  }
  return json;
}

Json maps_json(const Results& results) {
  Json json = Json::array();
  for (std::size_t i = 0; i < results.variants.size(); ++i) {
    const Run* run = run_with_maps(results, results.variants[i].name);
    if (!run) continue;
    for (const AttentionMap& map : run->attention) {
      std::vector<long> thousandths;
      for (float w : map.weights) thousandths.push_back(std::isfinite(w) ? std::lround(1000 * w) : 0);
      json.push_back({{"variant", i},
                      {"layer", map.layer},
                      {"head", map.head},
                      {"size", map.size},
                      {"weights", thousandths},
                      {"tokens", map.tokens}});
    }
  }
  return json;
}

}  // namespace

std::string page_data(const Results& results) {
  Json json;
  json["variants"] = variants_json(results);
  json["baselines"] = Json::array({{{"name", "unigram"}, {"value", results.baselines.unigram}},
                                   {{"name", "bigram"}, {"value", results.baselines.bigram}}});
  json["curves"] = {{"held_out", curves_json(results, held_out_curve)}, {"train", curves_json(results, train_curve)}};
  json["highest_loss"] = highest_shown_loss(results);
  json["kinds"] = weight_kinds(results);
  json["gradients"][block_input] = gradients_json(results, block_input);
  for (const std::string& kind : weight_kinds(results)) json["gradients"][kind] = gradients_json(results, kind);
  json["maps"] = maps_json(results);

  std::string safe;
  for (char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') {
      safe += "\\u003c";  // so that no text can end the script element
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace vanishing_attention
