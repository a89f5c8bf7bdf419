#include "summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string_view>
#include <utility>

#include "../autograd/frozen_leaves.h"
#include "../autograd/inspect/byte_text.h"
#include "../autograd/inspect/held_memory.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

/// The layers of a model as a tree, by the parts of their paths. Node 0 is the model.
class LayerTree {
 public:
  struct Node {
    std::size_t parent = 0;
    std::vector<std::size_t> children = {};  // in order
    std::size_t last_child = none;           // that was asked for
    LayerSummary summary = {};
    Index last_record = -1, last_taken = -1;  // of those inside: the last, and the last that is used outside
  };
  static constexpr std::size_t none = ~std::size_t{0};

  /// The node of this path. If it is new, it stands behind that of its siblings which was asked for last, or in front.
  std::size_t at(std::string_view path) {
    std::size_t node = 0;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('.', begin), path.size());
      node = child(node, path.substr(0, end));
      begin = end + 1;
    }
    return node;
  }

  /// As if none had been asked for.
  void begin_again() {
    for (Node& node : nodes_) node.last_child = none;
  }

  /// Calls `apply` with this node and those around it, the model last, but for those that are around `inside` too.
  template <class Apply>
  void outward(std::size_t node, const Apply& apply, std::size_t inside = none) {
    for (; inside == none || !encloses(node, inside); node = nodes_[node].parent) {
      apply(nodes_[node]);
      if (node == 0) return;
    }
  }
  template <class Apply>
  void in_order(const Apply& apply, std::size_t node = 0) const {
    apply(nodes_[node]);
    for (const std::size_t child : nodes_[node].children) in_order(apply, child);
  }

 private:
  std::size_t child(std::size_t parent, std::string_view path) {
    std::vector<std::size_t>& siblings = nodes_[parent].children;
    for (const std::size_t sibling : siblings)
      if (nodes_[sibling].summary.layer == path) return nodes_[parent].last_child = sibling;
    const auto before = std::ranges::find(siblings, nodes_[parent].last_child);
    const std::size_t added = nodes_.size();
    siblings.insert(before == siblings.end() ? siblings.begin() : before + 1, added);
    nodes_[parent].last_child = added;
    nodes_.push_back({.parent = parent});
    nodes_.back().summary.layer = path;
    return added;
  }
  bool encloses(std::size_t node, std::size_t inside) const {
    for (; inside != node; inside = nodes_[inside].parent)
      if (inside == 0) return false;
    return true;
  }

  std::vector<Node> nodes_ = std::vector<Node>(1);
};

template <class T>
bool is_leaf(const Record<T>& record) {
  return record.op->forward == nullptr;
}

/// Puts the parameters of the model to the layers that they are of.
template <class T>
void add_parameters(LayerTree& tree, const ParameterList<T>& parameters) {
  for (const Parameter<T>& parameter : parameters) {
    const std::size_t dot = parameter.name().rfind('.');
    const std::string_view layer = std::string_view(parameter.name()).substr(0, dot == std::string::npos ? 0 : dot);
    tree.outward(tree.at(layer), [&](LayerTree::Node& node) {
      (parameter.is_buffer()   ? node.summary.buffers
       : parameter.trainable() ? node.summary.trainable
                               : node.summary.frozen) += parameter.size();
      node.summary.parameter_bytes += to_size(parameter.size()) * sizeof(T);
    });
  }
}

/// A layer's result is the last of its values that the layers around it take, or the call gives back.
template <class T>
void add_results(LayerTree& tree, const Tape<T>& tape, const std::vector<std::size_t>& nodes, const Tensor<T>& y) {
  const auto note_taken = [&](Index record, std::size_t by) {
    if (is_leaf(tape[record])) return;
    tree.outward(
        nodes[to_size(record)], [&](LayerTree::Node& node) { node.last_taken = std::max(node.last_taken, record); },
        by);
  };
  for (Index i = 0; i < tape.size(); ++i) {
    if (!is_leaf(tape[i])) tree.outward(nodes[to_size(i)], [&](LayerTree::Node& node) { node.last_record = i; });
    for (std::size_t k = 0; k < tape[i].inputs.size(); ++k)
      if (const Index input = tape[i].inputs[k]; input >= 0) note_taken(input, nodes[to_size(i)]);
  }
  if (y.tracked()) note_taken(y.slot().record, LayerTree::none);
}

/// The records that a tape of a training step has: those that lead from trainable parameters on.
template <class T>
std::vector<bool> records_of_training(const Tape<T>& tape) {
  std::vector<bool> recorded;
  for (Index i = 0; i < tape.size(); ++i) {
    bool any = tape[i].parameter != nullptr && tape[i].parameter->trainable;
    for (std::size_t k = 0; k < tape[i].inputs.size() && !any; ++k)
      any = tape[i].inputs[k] >= 0 && recorded[to_size(tape[i].inputs[k])];
    recorded.push_back(any);
  }
  return recorded;
}

template <class T>
void add_bytes_for_backward(LayerTree& tree, const Tape<T>& tape, const std::vector<std::size_t>& nodes) {
  const std::vector<bool> recorded = records_of_training(tape);
  HeldMemory memory = memory_held_by(tape);
  std::vector<bool> kept_in_place_of(recorded.size());
  for (Index i = 0; i < tape.size(); ++i) {
    if (!recorded[to_size(i)]) continue;
    std::size_t bytes = 0;
    for (const Hold& hold : memory.holds[to_size(i)]) {
      HeldBuffer& buffer = memory.buffers[hold.buffer];
      if (!buffer.of_parameter) bytes += to_size(std::exchange(buffer.bytes, 0));
    }
    // A value that this tape computes anew, but that of a training step could not: there, it is a constant.
    for (std::size_t k = 0; k < tape[i].saved.size(); ++k) {
      const Tensor<T>& saved = tape[i].saved[k];
      if (saved.defined() || !saved.tracked() || recorded[to_size(saved.slot().record)]) continue;
      if (!kept_in_place_of[to_size(saved.slot().record)])
        bytes += to_size(tape[saved.slot().record].shape.size()) * sizeof(T);
      kept_in_place_of[to_size(saved.slot().record)] = true;
    }
    tree.outward(nodes[to_size(i)], [&](LayerTree::Node& node) { node.summary.bytes_for_backward += bytes; });
  }
}

/// Gives the parameters of a list the values that they had, if those were replaced meanwhile.
template <class T>
struct ValuesKept {
  explicit ValuesKept(const ParameterList<T>& list) : parameters(list), values(list.values()) {}
  ~ValuesKept() {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!parameters[i].value().value().shares_buffer_with(values[i].value())) parameters[i].set_value(values[i]);
  }
  ValuesKept(const ValuesKept&) = delete;
  ValuesKept& operator=(const ValuesKept&) = delete;

  ParameterList<T> parameters;
  std::vector<Tensor<T>> values;
};

using Cells = std::array<std::string, 7>;

Cells cells_of(const LayerSummary& layer) {
  return {layer.layer,
          layer.result ? to_string(*layer.result) : "-",
          std::to_string(layer.trainable),
          std::to_string(layer.frozen),
          std::to_string(layer.buffers),
          byte_text(static_cast<Index>(layer.parameter_bytes)),
          byte_text(static_cast<Index>(layer.bytes_for_backward))};
}

}  // namespace

template <class T>
ModelSummary summary_of_call(const ParameterList<T>& parameters, const std::function<Tensor<T>(Tape<T>&)>& call,
                             SourceLocation at) {
  LayerTree tree;
  add_parameters(tree, parameters);
  tree.begin_again();
  const std::string no_scope;
  const ValuesKept<T> kept(parameters);
  const RecordingScope recording(true);
  const Scope as_if_outermost(&no_scope, at);
  const FrozenLeaves all;
  Tape<T> tape;
  const Tensor<T> y = call(tape);
  std::vector<std::size_t> nodes;
  for (Index i = 0; i < tape.size(); ++i) nodes.push_back(tree.at(*tape[i].scope));
  add_results(tree, tape, nodes, y);
  add_bytes_for_backward(tree, tape, nodes);
  ModelSummary summary;
  tree.in_order([&](const LayerTree::Node& node) {
    summary.layers.push_back(node.summary);
    const Index result = node.last_taken >= 0 ? node.last_taken : node.last_record;
    if (result >= 0) summary.layers.back().result = tape[result].shape;
  });
  summary.total = std::move(summary.layers.front());
  summary.layers.erase(summary.layers.begin());
  if (y.defined()) summary.total.result = y.shape();
  return summary;
}

ModelSummary ModelSummary::to_depth(int depth) const {
  ModelSummary chosen{{}, total};
  for (const LayerSummary& layer : layers)
    if (std::ranges::count(layer.layer, '.') < depth) chosen.layers.push_back(layer);
  return chosen;
}

std::string to_string(const ModelSummary& summary) {
  std::vector<Cells> rows{{"layer", "result", "trainable", "frozen", "buffers", "parameters", "for backward"}};
  for (const LayerSummary& layer : summary.layers) rows.push_back(cells_of(layer));
  rows.push_back(cells_of(summary.total));
  rows.back()[0] = "total";
  std::array<std::size_t, std::tuple_size_v<Cells>> width{};
  for (const Cells& row : rows)
    for (std::size_t column = 0; column < row.size(); ++column)
      width[column] = std::max(width[column], row[column].size());
  std::string text;
  for (const Cells& row : rows) {
    text += fmt::format("{:{}}  {:{}}", row[0], width[0], row[1], width[1]);
    for (std::size_t column = 2; column < row.size(); ++column)
      text += fmt::format("  {:>{}}", row[column], width[column]);
    text += '\n';
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const ModelSummary& summary) { return out << to_string(summary); }

template ModelSummary summary_of_call(const ParameterList<float>&, const std::function<Tensor<float>(Tape<float>&)>&,
                                      SourceLocation);
template ModelSummary summary_of_call(const ParameterList<double>&, const std::function<Tensor<double>(Tape<double>&)>&,
                                      SourceLocation);

}  // namespace nn
}  // namespace ebb
