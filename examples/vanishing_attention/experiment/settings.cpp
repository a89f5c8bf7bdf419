#include "settings.hpp"

#include <charconv>
#include <cmath>
#include <ebb/nn/adam.hpp>
#include <ebb/nn/rmsprop.hpp>
#include <ebb/nn/sgd.hpp>

#include "find_by_name.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

using OptimizerPointer = std::unique_ptr<nn::Optimizer<float>>;

struct NamedInit {
  std::string name;
  nn::Init init;
};

struct NamedOptimizer {
  std::string name;
  OptimizerPointer (*make)(nn::ParameterList<float>, double learning_rate, nn::Clip);
};

OptimizerPointer make_sgd(nn::ParameterList<float> parameters, double learning_rate, nn::Clip clip) {
  return std::make_unique<nn::SGD<float>>(std::move(parameters),
                                          nn::SGDOptions{.lr = learning_rate, .momentum = 0.9, .clip = clip});
}

template <class Optimizer, class Options>
OptimizerPointer make_adaptive(nn::ParameterList<float> parameters, double learning_rate, nn::Clip clip) {
  return std::make_unique<Optimizer>(std::move(parameters), Options{.lr = learning_rate, .clip = clip});
}

}  // namespace

nn::Clip parse_clip(const std::string& word) {
  if (word == "none") return {};
  const std::size_t colon = word.find(':');
  const std::string kind = word.substr(0, colon);
  double limit = 0;
  const char *first = word.data() + (colon == std::string::npos ? word.size() : colon + 1),
             *last = word.data() + word.size();
  const auto [end, error] = std::from_chars(first, last, limit);
  if (error != std::errc{} || end != last || !(limit > 0) || !std::isfinite(limit) ||
      (kind != "norm" && kind != "value"))
    throw std::invalid_argument(
        fmt::format("--clip takes norm:MAX, value:MAX (MAX a number above 0) or none, not '{}'", word));
  return kind == "norm" ? nn::clip_by_norm(limit) : nn::clip_by_value(limit);
}

nn::Clip clip_of(const Settings& settings, const Variant& variant) {
  return settings.clip.empty() ? variant.clip : parse_clip(settings.clip);
}

Initialization parse_init(const std::string& name, int depth) {
  using nn::Init;
  // Uniform within 1/sqrt(fan-in): variance 1 / (3 fan-in), a sixth of Kaiming's.
  const Init fan_in = Init::kaiming_uniform().scaled(1 / std::sqrt(6.0));
  static const std::vector<NamedInit> table{{"fan-in", fan_in},
                                            {"xavier-uniform", Init::xavier_uniform()},
                                            {"xavier-normal", Init::xavier_normal()},
                                            {"kaiming-uniform", Init::kaiming_uniform()},
                                            {"kaiming-normal", Init::kaiming_normal()},
                                            {"orthogonal", Init::orthogonal()},
                                            {"truncated-normal", Init::truncated_normal(0.02)},
                                            {"depth-scaled", Init::xavier_normal()}};
  return {find_by_name("initialisation", table, name, &NamedInit::name).init,
          name == "depth-scaled" ? nn::depth_scale(depth) : 1};
}

OptimizerPointer make_optimizer(const std::string& name, nn::ParameterList<float> parameters, double learning_rate,
                                nn::Clip clip) {
  static const std::vector<NamedOptimizer> table{{"sgd", make_sgd},
                                                 {"adam", make_adaptive<nn::Adam<float>, nn::AdamOptions>},
                                                 {"adamw", make_adaptive<nn::AdamW<float>, nn::AdamWOptions>},
                                                 {"rmsprop", make_adaptive<nn::RMSProp<float>, nn::RMSPropOptions>}};
  return find_by_name("optimizer", table, name, &NamedOptimizer::name).make(std::move(parameters), learning_rate, clip);
}

nn::Schedule learning_rate_schedule(const Settings& settings) {
  const int warm_up = std::min(20, settings.steps / 5);
  const nn::Schedule after = nn::cosine(settings.learning_rate, settings.steps - warm_up, settings.learning_rate / 10);
  return warm_up > 0 ? nn::linear_warmup(warm_up, after) : after;
}

}  // namespace vanishing_attention
