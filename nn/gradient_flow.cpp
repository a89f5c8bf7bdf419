#include "gradient_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <ostream>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "../autograd/kernels/norms.h"
#include "../autograd/norm.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

/// "a.b.c" -> {"a.b", "c"}
std::pair<std::string, std::string> split_last(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

/// A Linear, a norm and an Embedding have different names for their fields. The role of a Linear is told by the names
/// of the layers next to it.
ParameterKind kind_of(const std::string& name, const std::unordered_set<std::string>& names) {
  const auto [layer, field] = split_last(name);
  const auto [parent, layer_name] = split_last(layer);
  const auto has_neighbour = [&, &outer = parent](const char* neighbour) {
    return names.contains(outer.empty() ? fmt::format("{}.weight", neighbour)
                                        : fmt::format("{}.{}.weight", outer, neighbour));
  };
  if (field == "table") return ParameterKind::embedding;
  if (field == "gain" || (field == "bias" && names.contains(layer + ".gain"))) return ParameterKind::norm;
  if (field == "bias") return ParameterKind::bias;
  if ((layer_name == "query" || layer_name == "key") && has_neighbour("value")) return ParameterKind::query_key;
  if ((layer_name == "value" || layer_name == "output") && has_neighbour("query")) return ParameterKind::value_output;
  if ((layer_name == "up" && has_neighbour("down")) || (layer_name == "down" && has_neighbour("up")))
    return ParameterKind::feed_forward;
  return ParameterKind::other;
}

using BlockNumbers = std::unordered_map<std::string_view, int>;

/// The number of each block by its scope; of several with the same scope, that of the first.
BlockNumbers numbers_of(const std::vector<BlockFlow>& blocks) {
  BlockNumbers numbers;
  for (const BlockFlow& block : blocks) numbers.try_emplace(block.scope, static_cast<int>(&block - blocks.data()));
  return numbers;
}

/// The first of the blocks that a parameter stands in, or -1.
int block_of(std::string_view parameter, const BlockNumbers& blocks) {
  int first = -1;
  for (std::size_t dot = parameter.find('.'); dot != parameter.npos; dot = parameter.find('.', dot + 1))
    if (const auto found = blocks.find(parameter.substr(0, dot)); found != blocks.end())
      first = first < 0 ? found->second : std::min(first, found->second);
  return first;
}

}  // namespace

const char* to_string(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::query_key:
      return "query/key";
    case ParameterKind::value_output:
      return "value/output";
    case ParameterKind::feed_forward:
      return "feed-forward";
    case ParameterKind::norm:
      return "norm";
    case ParameterKind::bias:
      return "bias";
    case ParameterKind::embedding:
      return "embedding";
    case ParameterKind::other:
      break;
  }
  return "other";
}

std::ostream& operator<<(std::ostream& out, ParameterKind kind) { return out << to_string(kind); }

std::string to_string(const BlockFlow& flow) {
  return fmt::format("{}: gradient {:.4g}, activation {:.4g}", flow.scope, flow.gradient_norm, flow.activation_norm);
}

std::ostream& operator<<(std::ostream& out, const BlockFlow& flow) { return out << to_string(flow); }

std::string to_string(const WeightFlow& flow) {
  return fmt::format("gradient {:.4g}, weight {:.4g}, update {:.4g}", flow.gradient_norm, flow.weight_norm,
                     flow.update_norm);
}

std::ostream& operator<<(std::ostream& out, const WeightFlow& flow) { return out << to_string(flow); }

std::string to_string(const ParameterFlow& flow) {
  return fmt::format("{}: {}", flow.name, to_string(static_cast<const WeightFlow&>(flow)));
}

std::ostream& operator<<(std::ostream& out, const ParameterFlow& flow) { return out << to_string(flow); }

std::string to_string(const KindFlow& flow) {
  return fmt::format("{} of {}: {}", to_string(flow.kind),
                     flow.block < 0 ? "what is outside blocks" : fmt::format("block {}", flow.block),
                     to_string(static_cast<const WeightFlow&>(flow)));
}

std::ostream& operator<<(std::ostream& out, const KindFlow& flow) { return out << to_string(flow); }

double WeightFlow::update_ratio() const {
  return weight_norm > 0 ? update_norm / weight_norm : std::numeric_limits<double>::quiet_NaN();
}

template <class T>
GradientFlow<T>::GradientFlow(Tape<T>& tape, ParameterList<T> parameters)
    : parameters_(std::move(parameters)), seen_(std::make_shared<Seen>(tape)) {
  tape.observe(seen_);
  seen_->gradient_norms.resize(parameters_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    values_before_.push_back(parameters_[i].value());
    if (parameters_[i].trainable())
      tape.hook(parameters_[i], [seen = seen_.get(), i](const Tensor<T>& gradient) {
        seen->gradient_norms[i] = norm_of(gradient.value());
      });
  }
}

template <class T>
void GradientFlow<T>::Seen::announced(const std::string& scope, const Tensor<T>& x) {
  const std::size_t block = tape.in_checkpoint() ? blocks.size() : place_of(scope);
  if (block == blocks.size()) blocks.push_back({scope, norm_of(x.value())});
  if (tape.in_checkpoint())
    awaited.push_back(block);
  else if (x.tracked())
    tape.hook(x, [this, block](const Tensor<T>& gradient) { blocks[block].gradient_norm = norm_of(gradient.value()); });
  else
    blocks[block].gradient_norm = std::numeric_limits<double>::quiet_NaN();
}

/// The place of an announced block in the list: at the end, or, if a checkpoint runs a block again and so announces it
/// a second time, the place that it has. Walks run the last checkpoint first, so among several blocks with one scope it
/// is the last that is still awaited.
template <class T>
std::size_t GradientFlow<T>::Seen::place_of(const std::string& scope) {
  const auto found =
      std::find_if(awaited.rbegin(), awaited.rend(), [&](std::size_t block) { return blocks[block].scope == scope; });
  if (found == awaited.rend()) return blocks.size();
  const std::size_t block = *found;
  awaited.erase(std::next(found).base());
  return block;
}

template <class T>
std::vector<ParameterFlow> GradientFlow<T>::parameters() const {
  std::unordered_set<std::string> names;
  for (const Parameter<T>& parameter : parameters_) names.insert(parameter.name());
  const BlockNumbers numbers = numbers_of(blocks());
  std::vector<ParameterFlow> flows;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name();
    const Tensor<T>& before = values_before_[i];
    const Tensor<T> now = parameters_[i].value();
    const double change = kernels::distance(before.size(), now.data(), before.data());
    flows.push_back({{seen_->gradient_norms[i], norm_of(before.value()), change},
                     name,
                     block_of(name, numbers),
                     kind_of(name, names)});
  }
  return flows;
}

template <class T>
std::vector<KindFlow> GradientFlow<T>::kinds() const {
  std::map<std::pair<int, ParameterKind>, KindFlow> together;
  for (const ParameterFlow& flow : parameters()) {
    KindFlow& sum = together[{flow.block, flow.kind}];
    sum.gradient_norm = std::hypot(sum.gradient_norm, flow.gradient_norm);
    sum.weight_norm = std::hypot(sum.weight_norm, flow.weight_norm);
    sum.update_norm = std::hypot(sum.update_norm, flow.update_norm);
  }
  std::vector<KindFlow> flows;
  for (auto& [key, sum] : together) {
    std::tie(sum.block, sum.kind) = key;
    flows.push_back(sum);
  }
  return flows;
}

template <class T>
std::string GradientFlow<T>::table() const {
  std::string text = fmt::format("{:24}  {:>12}  {:>12}\n", "input of", "|gradient|", "|activation|");
  for (const BlockFlow& block : blocks())
    text += fmt::format("{:24}  {:12.4e}  {:12.4e}\n", block.scope, block.gradient_norm, block.activation_norm);
  text += fmt::format("\n{:24}  {:12}  {:>12}  {:>12}  {:>12}\n", "weights of", "kind", "|gradient|", "|weight|",
                      "update ratio");
  for (const KindFlow& flow : kinds())
    text += fmt::format("{:24}  {:12}  {:12.4e}  {:12.4e}  {:12.4e}\n",
                        flow.block < 0 ? "outside blocks" : blocks()[to_size(flow.block)].scope, to_string(flow.kind),
                        flow.gradient_norm, flow.weight_norm, flow.update_ratio());
  return text;
}

template <class T>
std::ostream& operator<<(std::ostream& out, const GradientFlow<T>& flow) {
  return out << flow.table();
}

template class GradientFlow<float>;
template class GradientFlow<double>;
template std::ostream& operator<<(std::ostream&, const GradientFlow<float>&);
template std::ostream& operator<<(std::ostream&, const GradientFlow<double>&);

}  // namespace nn
}  // namespace ebb
