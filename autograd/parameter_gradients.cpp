#include "parameter_gradients.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "accumulate.h"
#include "called_at.h"

namespace ebb {

template <class T>
std::vector<Index> leaves_into(const Tape<T>& tape, const Recipients<T>& parameters) {
  std::unordered_set<const void*> wanted;
  for (const auto& state : parameters.states()) wanted.insert(state.get());
  std::vector<Index> leaves;
  bool any = false;
  for (Index i = 0; i < tape.size(); ++i) {
    const Record<T>& record = tape[i];
    const bool watched = record.parameter == nullptr && record.op->forward == nullptr;
    const bool found = record.parameter != nullptr && wanted.contains(record.parameter.get());
    if (watched || found) leaves.push_back(i);
    any = any || found;
  }
  if (!any)
    throw Error(
        fmt::format("backward(): no operation on this tape took any of the {} parameters that {{.into}} lists; are "
                    "they those of the model that ran, and trainable?",
                    parameters.states().size()));
  return leaves;
}

template <class T>
void check_held_by_optimizers(const Tape<T>& tape, std::span<const Index> leaves) {
  bool any = false;
  Index astray = -1;
  for (Index leaf : leaves) {
    const auto& parameter = tape[leaf].parameter;
    if (parameter == nullptr || !parameter->trainable) continue;  // it may have been frozen since it was recorded
    any = any || parameter->optimizers > 0;
    if (parameter->optimizers == 0) astray = leaf;
  }
  if (!any || astray < 0) return;
  const Record<T>& leaf = tape[astray];
  throw Error(
      fmt::format("backward(): no optimizer holds parameter '{}' of shape {}, {}, though one holds others that the "
                  "loss depends on; list it in the visit function of its model, or freeze it with "
                  "set_trainable(false), or say whose gradients are wanted: backward(loss, {{.into = parameters}})",
                  parameter_name(leaf), to_string(leaf.shape), called_at(leaf.where, *leaf.scope)));
}

namespace {

/// The sum of a parameter's gradient and what walks add to it: whole, or rows of it as long as it has nothing else.
template <class T>
class GradientSum {
 public:
  explicit GradientSum(const typename Parameter<T>::State& parameter) : shape_(parameter.value.shape()) {
    if (parameter.rows.defined())
      rows_.push_back({parameter.rows, parameter.gradient});
    else
      whole_ = parameter.gradient;
  }

  void add(const ReverseSweep<T>& sweep, Index leaf) {
    if (const auto rows = sweep.rows(leaf); !rows.empty() && !whole_.defined()) {
      rows_.insert(rows_.end(), rows.begin(), rows.end());
      return;
    }
    make_whole();
    whole_ = sum_of(std::move(whole_), sweep.adjoint(leaf).value());
  }
  void finish() {
    if (rows_.empty()) return;
    Rows<T> sum = sum_of_rows<T>(shape_, rows_);
    if (!are_few(sum.count(), shape_)) return make_whole();
    numbers_ = std::move(sum.numbers);
    whole_ = std::move(sum.values);
  }
  void give_to(typename Parameter<T>::State& parameter) {
    parameter.gradient = std::move(whole_);
    parameter.rows = std::move(numbers_);
  }

 private:
  void make_whole() {
    if (!rows_.empty()) whole_ = whole_of<T>(shape_, rows_);
    rows_.clear();
  }

  Shape shape_;
  Array<T> whole_;
  std::vector<Rows<T>> rows_;  // none if there is a whole
  IntArray numbers_;           // of the rows whose values stand in `whole_` at the end, if not all
};

}  // namespace

template <class T>
void add_to_parameters(const ReverseSweep<T>& sweep, bool accumulate) {
  static std::mutex mutex;  // of all parameters: adding takes little beside the walk
  const std::lock_guard<std::mutex> lock(mutex);
  std::unordered_map<typename Parameter<T>::State*, GradientSum<T>> sums;
  for (Index leaf : sweep.leaves()) {
    const Record<T>& record = sweep.tape()[leaf];
    auto* const parameter = record.parameter.get();
    if (parameter == nullptr) continue;
    if (!accumulate && parameter->used != nullptr && *parameter->used)
      throw Error(
          fmt::format("backward(): parameter '{}' still has the gradient of an earlier walk, after which an optimizer "
                      "that does not hold it has stepped, and the two would be summed; clear_gradients() first, or "
                      "let each walk add to its own parameters alone: backward(loss, {{.into = parameters}}), or say "
                      "that the sum is meant: {{.accumulate = true}}",
                      parameter_name(record)));
    sums.try_emplace(parameter, *parameter).first->second.add(sweep, leaf);
  }
  for (auto& [parameter, sum] : sums) sum.finish();
  const auto used = std::make_shared<bool>(false);
  // Nothing below can fail, so that a walk that did has changed nothing.
  for (auto& [parameter, sum] : sums) {
    sum.give_to(*parameter);
    if (parameter->used == nullptr) parameter->used = used;
  }
}

#define EBB_INSTANTIATE(T)                                                        \
  template std::vector<Index> leaves_into(const Tape<T>&, const Recipients<T>&);  \
  template void check_held_by_optimizers(const Tape<T>&, std::span<const Index>); \
  template void add_to_parameters(const ReverseSweep<T>&, bool);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
