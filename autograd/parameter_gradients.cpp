#include "parameter_gradients.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "accumulate.h"
#include "called_at.h"

namespace ebb {

template <class T>
std::vector<Index> leaves_into(const Tape<T>& tape, std::span<const Parameter<T>> parameters) {
  std::vector<Index> leaves;
  for (const Parameter<T>& parameter : parameters) {
    const std::span<const Index> own = tape.leaves_of(parameter);
    leaves.insert(leaves.end(), own.begin(), own.end());
  }
  if (leaves.empty())
    throw Error(
        fmt::format("backward(): no operation on this tape took any of the {} parameters that {{.into}} lists; are "
                    "they those of the model that ran, and trainable?",
                    parameters.size()));
  for (Index i = 0; i < tape.size(); ++i)
    if (tape[i].op->forward == nullptr && tape[i].parameter == nullptr) leaves.push_back(i);
  return leaves;
}

template <class T>
void check_held_by_optimizers(const Tape<T>& tape, std::span<const Index> leaves) {
  bool any = false;
  Index astray = -1;
  for (Index leaf : leaves) {
    const auto& parameter = tape[leaf].parameter;
    if (parameter == nullptr) continue;
    any = any || parameter->held_by_optimizer;
    if (!parameter->held_by_optimizer) astray = leaf;
  }
  if (!any || astray < 0) return;
  const Record<T>& leaf = tape[astray];
  throw Error(
      fmt::format("backward(): no optimizer holds parameter '{}' of shape {}, {}, though one holds others that the "
                  "loss depends on; list it in the visit function of its model, or freeze it with "
                  "set_trainable(false), or say whose gradients are wanted: backward(loss, {{.into = parameters}})",
                  parameter_name(leaf), to_string(leaf.shape), called_at(leaf.where, *leaf.scope)));
}

template <class T>
void add_to_parameters(const ReverseSweep<T>& sweep) {
  static std::mutex mutex;  // of all parameters: adding takes little beside the walk
  const std::lock_guard<std::mutex> lock(mutex);
  std::unordered_map<typename Parameter<T>::State*, Array<T>> sums;
  for (Index leaf : sweep.leaves()) {
    const Record<T>& record = sweep.tape()[leaf];
    auto* const parameter = record.parameter.get();
    if (parameter == nullptr) continue;
    if (parameter->used != nullptr && *parameter->used)
      throw Error(
          fmt::format("backward(): parameter '{}' still has the gradient of an earlier walk, after which an optimizer "
                      "that does not hold it has stepped, and the two would be summed; clear_gradients() first, or "
                      "let each walk add to its own parameters alone: backward(loss, {{.into = parameters}})",
                      parameter_name(record)));
    Array<T>& sum = sums.try_emplace(parameter, parameter->gradient).first->second;
    sum = sum_of(std::move(sum), sweep.adjoint(leaf).value());
  }
  const auto used = std::make_shared<bool>(false);
  // Nothing below can fail, so that a walk that did has changed nothing.
  for (auto& [parameter, sum] : sums) {
    parameter->gradient = std::move(sum);
    if (parameter->used == nullptr) parameter->used = used;
  }
}

#define EBB_INSTANTIATE(T)                                                                \
  template std::vector<Index> leaves_into(const Tape<T>&, std::span<const Parameter<T>>); \
  template void check_held_by_optimizers(const Tape<T>&, std::span<const Index>);         \
  template void add_to_parameters(const ReverseSweep<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
