#include "recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <stdexcept>

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

/// The entry of a table whose name, as `name_of` tells it, this is.
template <class Entry, class NameOf>
const Entry& find(const char* what, const std::vector<Entry>& table, const std::string& name, NameOf name_of) {
  std::vector<std::string> known;
  for (const Entry& entry : table) {
    if (name_of(entry) == name) return entry;
    known.push_back(name_of(entry));
  }
  throw std::invalid_argument(fmt::format("there is no {} '{}'; there is {}", what, name, fmt::join(known, ", ")));
}

template <class Entry>
const Entry& find(const char* what, const std::vector<std::pair<std::string, Entry>>& table, const std::string& name) {
  return find(what, table, name, [](const auto& pair) { return pair.first; }).second;
}

}  // namespace

const std::vector<Recipe>& all_recipes() {
  // Thresholds that bite in more than half of the steps with the default settings, which the job checks.
  static const std::vector<Recipe> recipes{
      {{"bare", "attention and feed-forward layers alone, one after the other", ""}},
      {{"residual", "each layer's input added to its result", ""}, true},
      {{"norm", "layer norm before each layer, no residual connections", ""}, false, nn::Norm::pre},
      {{"pre-norm", "residual connections, and layer norm before each layer", ""}, true, nn::Norm::pre},
      {{"post-norm", "residual connections, and layer norm after each sum", ""}, true, nn::Norm::post},
      {{"bare+clip-norm", "the bare stack, gradients clipped by norm at 0.05", "bare"},
       false,
       nn::Norm::none,
       nn::clip_by_norm(0.05)},
      {{"bare+clip-value", "the bare stack, gradients clipped by value at 0.005", "bare"},
       false,
       nn::Norm::none,
       nn::clip_by_value(0.005)},
      {{"residual+clip-norm", "residual connections, gradients clipped by norm at 0.5", "residual"},
       true,
       nn::Norm::none,
       nn::clip_by_norm(0.5)},
      {{"residual+clip-value", "residual connections, gradients clipped by value at 0.02", "residual"},
       true,
       nn::Norm::none,
       nn::clip_by_value(0.02)},
  };
  return recipes;
}

const Recipe& recipe(const std::string& name) {
  return find("variant", all_recipes(), name, [](const Recipe& each) { return each.variant.name; });
}

nn::Clip parse_clip(const std::string& text) {
  if (text == "none") return {};
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  double limit = 0;
  const char *first = text.data() + (colon == std::string::npos ? text.size() : colon + 1),
             *last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, limit);
  if (error != std::errc{} || end != last || !(limit > 0) || !std::isfinite(limit) ||
      (kind != "norm" && kind != "value"))
    throw std::invalid_argument(
        fmt::format("--clip takes norm:MAX, value:MAX (MAX a number above 0) or none, not '{}'", text));
  return kind == "norm" ? nn::clip_by_norm(limit) : nn::clip_by_value(limit);
}

Initialization parse_init(const std::string& name, int depth) {
  using nn::Init;
  // Uniform within 1/sqrt(fan-in): variance 1 / (3 fan-in), a sixth of Kaiming's.
  const Init fan_in = Init::kaiming_uniform().scaled(1 / std::sqrt(6.0));
  static const std::vector<std::pair<std::string, Init>> table{{"fan-in", fan_in},
                                                               {"xavier-uniform", Init::xavier_uniform()},
                                                               {"xavier-normal", Init::xavier_normal()},
                                                               {"kaiming-uniform", Init::kaiming_uniform()},
                                                               {"kaiming-normal", Init::kaiming_normal()},
                                                               {"orthogonal", Init::orthogonal()},
                                                               {"truncated-normal", Init::truncated_normal(0.02)},
                                                               {"depth-scaled", Init::xavier_normal()}};
  return {find("initialisation", table, name), name == "depth-scaled" ? nn::depth_scale(depth) : 1};
}

std::unique_ptr<nn::Optimizer<float>> make_optimizer(const std::string& name, nn::ParameterList<float> parameters,
                                                     double lr, nn::Clip clip) {
  using Make = std::unique_ptr<nn::Optimizer<float>> (*)(nn::ParameterList<float>, double, nn::Clip);
  static const std::vector<std::pair<std::string, Make>> table{
      {"sgd",
       [](nn::ParameterList<float> p, double rate, nn::Clip c) -> std::unique_ptr<nn::Optimizer<float>> {
         return std::make_unique<nn::SGD<float>>(std::move(p), nn::SGDOptions{.lr = rate, .momentum = 0.9, .clip = c});
       }},
      {"adam",
       [](nn::ParameterList<float> p, double rate, nn::Clip c) -> std::unique_ptr<nn::Optimizer<float>> {
         return std::make_unique<nn::Adam<float>>(std::move(p), nn::AdamOptions{.lr = rate, .clip = c});
       }},
      {"adamw",
       [](nn::ParameterList<float> p, double rate, nn::Clip c) -> std::unique_ptr<nn::Optimizer<float>> {
         return std::make_unique<nn::AdamW<float>>(std::move(p), nn::AdamWOptions{.lr = rate, .clip = c});
       }},
      {"rmsprop", [](nn::ParameterList<float> p, double rate, nn::Clip c) -> std::unique_ptr<nn::Optimizer<float>> {
         return std::make_unique<nn::RMSProp<float>>(std::move(p), nn::RMSPropOptions{.lr = rate, .clip = c});
       }}};
  return find("optimizer", table, name)(std::move(parameters), lr, clip);
}

}  // namespace vanishing_attention
