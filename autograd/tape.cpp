#include "tape.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "accumulate.h"
#include "base/error.hpp"
#include "debugger/embed.h"
#include "frozen_leaves.h"
#include "parameter_gradients.h"
#include "reverse_sweep.h"
#include "scope.hpp"

namespace ebb EBB_PUBLIC {

namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{Slot::no_tape};
  return ++last;
}

constexpr Formula watch_formula{
    "y = x, a tensor that the tape was asked to watch",
    {},
    "The gradient's way ends here, and what has arrived is kept for tape.gradient().",
};
constexpr Formula parameter_formula{
    "y = W, the value of a parameter",
    {},
    "The gradient's way ends here, where backward() adds what has arrived from all uses to the parameter's own.",
};

// A leaf's value comes from outside the tape, so there is nothing to compute and nowhere to pass an adjoint on to.
template <class T>
constexpr Op<T> watch_op{"watch", nullptr, nullptr, watch_formula};
template <class T>
constexpr Op<T> parameter_op{"parameter", nullptr, nullptr, parameter_formula};

}  // namespace

template <class T>
Tape<T>::Tape(TapeOptions options) : id_(next_id()), options_(options), outer_(innermost()) {
  innermost() = this;
}

template <class T>
Tape<T>::~Tape() {
  if (thread_ != std::this_thread::get_id()) {
    std::fputs("ebb: a Tape was destroyed on another thread than the one that made it, which still refers to it\n",
               stderr);
    std::abort();
  }
  // Usually the innermost tape ends first; one held on the heap may not.
  Tape** link = &innermost();
  while (*link != nullptr && *link != this) link = &(*link)->outer_;
  if (*link == this) *link = outer_;
  for (ReverseSweep<T>* sweep = sweep_; sweep != nullptr; sweep = sweep->outer()) sweep->end_with_tape();
}

template <class T>
Tape<T>*& Tape<T>::innermost() {
  thread_local Tape* tape = nullptr;
  return tape;
}

template <class T>
Tape<T>* Tape<T>::current() {
  return innermost();
}

template <class T>
Tape<T>* Tape<T>::recording() {
  Tape* tape = current();
  while (tape != nullptr && tape->life_ == Life::retired) tape = tape->outer_;
  return tape != nullptr && tape->life_ == Life::recording && RecordingScope::recording() ? tape : nullptr;
}

template <class T>
Tape<T>* Tape<T>::find(std::uint64_t id) {
  Tape* tape = current();
  while (tape != nullptr && tape->id_ != id) tape = tape->outer_;
  return tape;
}

template <class T>
Record<T>& Tape<T>::append(const Op<T>& op, SourceLocation at) {
  if (size() == std::numeric_limits<std::int32_t>::max()) throw Error("a tape holds at most 2^31 - 1 records");
  Record<T>& record = records_.emplace_back();
  record.op = &op;
  record.scope = &Scope::current();
  record.where = Scope::caller_or(at);
  record.slot = Slot{id_, static_cast<std::int32_t>(size() - 1), generation_};
  return record;
}

/// Drops the saved values that the walk can compute anew, and keeps only their slots.
template <class T>
void Tape<T>::drop_recomputed(Record<T>& record) const {
  if (record.op->recomputed) {  // starts from its inputs
    if (record.saved.size() < record.inputs.size())
      throw Error("an op whose value is recomputed must save all of its inputs, in their order");
    return;
  }
  if (options_.keep_all) return;
  for (std::size_t i = 0; i < record.saved.size(); ++i)
    if (recomputes(record, record.saved[i])) record.saved[i] = Tensor<T>(Array<T>(), record.saved[i].slot());
}

template <class T>
bool Tape<T>::recomputes(const Record<T>& record, const Tensor<T>& saved) const {
  if (record.op->recomputed || !saved.tracked()) return false;
  if (to_size(saved.size()) * sizeof(T) < options_.recompute_from) return false;
  // A tensor that an op saves beyond its inputs may stand on another tape, or behind its own record.
  const Slot slot = saved.slot();
  if (slot.record >= record.slot.record || (*this)[slot.record].slot != slot) return false;
  return (*this)[slot.record].op->recomputed;
}

/// Keeps, under keep_all, and shows to the observers the value that an op has just computed from `x`. Constants stand
/// on no record of their own, so the inputs of a record that has any are kept with it.
template <class T>
void Tape<T>::show_value(Record<T>& record, Inputs<T> x, const Tensor<T>& y) {
  if (options_.keep_all) {
    record.output = y;
    bool any_constant = false;
    for (std::size_t k = 0; k < record.inputs.size(); ++k) any_constant = any_constant || record.inputs[k] < 0;
    if (any_constant) inputs_[record.slot.record].assign(x.begin(), x.end());
  }
  tell(&Observer<T>::recorded, record, y);
}

template <class T>
void Tape<T>::observe(std::shared_ptr<Observer<T>> observer) {
  if (observer == nullptr) throw Error("observe() got no observer: a null pointer");
  observers_.push_back(std::move(observer));
  inspected_ = 1;
}

template <class T>
void Tape<T>::throw_no_record(Index i) const {
  throw Error(fmt::format("there is no record {} on tape {}, which has {}", i, id_, size()));
}

template <class T>
void Tape<T>::rewind(Index size) {
  if (size < 0) throw Error(fmt::format("rewind({}): a tape cannot have fewer than 0 records", size));
  if (telling_ > 0) throw Error(fmt::format("rewind({}) inside an observer, which is shown one of the records", size));
  for (const ReverseSweep<T>* sweep = sweep_; sweep != nullptr; sweep = sweep->outer())
    if (sweep->size() > size)
      throw Error(fmt::format("rewind({}): there is a walk over {} records of this tape; let it end first", size,
                              sweep->size()));
  forget_from(size);
}

/// Rewinds the tape, for those who know that nobody needs these records any more.
template <class T>
void Tape<T>::forget_from(Index size) {
  if (this->size() > size) ++generation_;
  while (this->size() > size) {
    const Index last = this->size() - 1;
    const Record<T>& record = this->record(last);
    if (record.parameter != nullptr) leaves_[record.parameter.get()].pop_back();
    if (!hooks_.empty()) hooks_.erase(last);
    if (!gradients_.empty()) gradients_.erase(last);
    if (!inputs_.empty()) inputs_.erase(last);
    records_.pop_back();
  }
}

template <class T>
Tensor<T> Tape<T>::watch(const Tensor<T>& x, SourceLocation at) {
  if (!x.defined()) throw Error("watch() got an undefined tensor");
  if (walked()) throw Error("watch(): this tape was walked already and records no more; make a new Tape");
  if (captured_ != nullptr)
    throw Error("watch() inside a function given to checkpoint(): watch the tensor outside, and pass it in");
  Record<T>& record = append(watch_op<T>, at);
  record.shape = x.shape();
  record.output = Tensor<T>(x.value(), record.slot);
  return record.output;
}

/// A parameter as an op takes it: a leaf of the tape that is recording, or a constant.
template <class T>
Tensor<T> Tape<T>::leaf_or_constant(const Parameter<T>& parameter, SourceLocation at) {
  Tape* tape = recording();
  if (tape == nullptr || !parameter.defined()) return parameter.value();
  if (!parameter.trainable() && !FrozenLeaves::on()) return parameter.value();
  std::vector<Index>& leaves = tape->leaves_[&parameter.state()];
  // A leaf holds the value it was made from, so a parameter that was given another one since shows: it gets a new leaf.
  if (!leaves.empty() && tape->record(leaves.back()).output.value().shares_buffer_with(parameter.state().value))
    return tape->record(leaves.back()).output;
  leaves.reserve(leaves.size() + 1);  // so that nothing can fail once there is a record
  std::optional<Scope> layer;         // if none is under way, a handle of a list knows its path
  if (const std::size_t end = parameter.name().rfind('.'); Scope::current().empty() && end != std::string::npos)
    layer.emplace(std::string_view(parameter.name()).substr(0, end));
  Record<T>& record = tape->append(parameter_op<T>, at);
  record.shape = parameter.shape();
  record.parameter = parameter.shared_state();
  record.output = Tensor<T>(record.parameter->value, record.slot);
  leaves.push_back(record.slot.record);
  return record.output;
}

template <class T>
const Record<T>& Tape<T>::operator[](const Operand<T>& x) const {
  if (!x.is_parameter()) {
    const auto& tensor = static_cast<const Tensor<T>&>(x);
    check_on_this_tape(tensor);
    if (!tensor.tracked()) throw Error("tape[x]: the tensor stands on no tape, so it has no record");
    return (*this)[tensor.slot().record];
  }
  const auto& parameter = static_cast<const Parameter<T>&>(x);
  const std::span<const Index> leaves = leaves_of(parameter);
  if (leaves.empty())
    throw Error(
        fmt::format("tape[x]: parameter '{}' has no record on this tape: no operation took it", parameter.name()));
  return (*this)[leaves.back()];
}

template <class T>
std::span<const Index> Tape<T>::leaves_of(const Parameter<T>& parameter) const {
  const auto found = leaves_.find(&parameter.state());
  return found != leaves_.end() ? std::span<const Index>(found->second) : std::span<const Index>();
}

template <class T>
void Tape<T>::check_on_this_tape(const Tensor<T>& x) const {
  if (!x.tracked()) return;
  if (x.slot().tape != id_)
    throw Error(fmt::format(
        "a tensor of shape {} was recorded on tape {}, which is {}, and cannot be used on tape {}; "
        "use detach() to take its value as a constant",
        ebb::to_string(x.shape()), x.slot().tape,
        find(x.slot().tape) != nullptr ? "another tape in scope" : "no longer in scope on this thread", id_));
  if (x.slot().record >= size() || !((*this)[x.slot().record].slot == x.slot()))
    throw Error(
        fmt::format("a tensor of shape {} stood on record {} of tape {}, which has been rewound since (as after a "
                    "recomputation by checkpoint()); use detach() to take its value as a constant",
                    ebb::to_string(x.shape()), x.slot().record, id_));
}

template <class T>
void Tape<T>::check_loss(const Tensor<T>& loss) const {
  if (!loss.defined()) throw Error("backward() got an undefined tensor");
  if (walked())
    throw Error(
        "backward(): this tape was walked already, and what it saved is freed; make a new Tape for each step, or pass "
        "{.keep = true} to the first walk");
  if (!loss.tracked())
    throw Error(
        "backward(): the loss stands on no tape: it depends on no parameter or watched tensor, or was computed "
        "before the Tape was made, or under NoRecording");
  check_on_this_tape(loss);
  if (loss.size() != 1)
    throw Error(
        fmt::format("backward() needs a loss of one element, but its shape is {}; reduce it with sum() or mean(), "
                    "or use grad() with a cotangent",
                    ebb::to_string(loss.shape())));
}

template <class T>
void Tape<T>::backward(const Tensor<T>& loss, BackwardOptions<T> options) {
  check_loss(loss);
  const std::vector<Index> targets = options.into ? leaves_into(*this, *options.into) : std::vector<Index>();
  ReverseSweep<T> sweep(*this, loss, Tensor<T>(Array<T>(loss.shape(), T{1})), {.consume = !options.keep}, targets);
  sweep.run(sweep.first());

  if (!options.into) check_held_by_optimizers(*this, sweep.leaves());
  std::unordered_map<Index, Tensor<T>> gradients;
  for (Index leaf : sweep.leaves())
    if ((*this)[leaf].parameter == nullptr) gradients[leaf] = sweep.adjoint(leaf);
  if (options_.keep_all)
    for (Index i = 0; i <= loss.slot().record; ++i)
      if (sweep.adjoint(i).defined()) gradients[i] = sweep.adjoint(i);
  if (options.accumulate)
    for (const auto& [record, earlier] : gradients_)
      if ((*this)[record].op == &watch_op<T>) gradients[record] = sum_of(gradients[record].value(), earlier.value());
  add_to_parameters(sweep, options.accumulate);
  // Nothing below can fail, so that a walk that did has changed nothing.
  gradients_.swap(gradients);
  has_gradients_ = true;
}

template <class T>
Tensor<T> Tape<T>::gradient(const Tensor<T>& x) const {
  check_on_this_tape(x);
  if (!x.tracked())
    throw Error("gradient(): the tensor stands on no tape; make it a leaf first: auto x = tape.watch(value)");
  const Record<T>& record = (*this)[x.slot().record];
  if (!options_.keep_all && record.op != &watch_op<T>)
    throw Error(
        fmt::format("gradient(): record {} ({}) is no watched leaf, so its adjoint is not kept; use hook(), grad() "
                    "or a Tape with {{.keep_all = true}}",
                    record.slot.record, record.op->name));
  if (!has_gradients_) throw Error("gradient(): no backward() has run on this tape yet");
  const auto found = gradients_.find(x.slot().record);
  return found != gradients_.end() ? found->second : Tensor<T>(Array<T>(x.shape(), T{0}));
}

template <class T>
Tensor<T> Tape<T>::adjoint(Index record) const {
  if (to_size(record) >= records_.size()) throw_no_record(record);
  if (sweep_ != nullptr) return sweep_->adjoint(record);
  const auto found = gradients_.find(record);
  return found != gradients_.end() ? found->second : Tensor<T>();
}

template <class T>
Tensor<T> Tape<T>::input(Index record, std::size_t input) const {
  if (!options_.keep_all) throw Error("input(): only a Tape with {.keep_all = true} keeps what its records were given");
  if (input >= (*this)[record].inputs.size())
    throw Error(fmt::format("input({}, {}): that record ({}) has {} inputs", record, input, (*this)[record].op->name,
                            (*this)[record].inputs.size()));
  const Index source = (*this)[record].inputs[input];
  return source >= 0 ? (*this)[source].output : inputs_.at(record)[input];
}

template <class T>
HookHandle Tape<T>::hook(const Operand<T>& x, std::function<void(const Tensor<T>&)> hook, SourceLocation at) {
  if (hook == nullptr) throw Error("hook() got no function");
  auto observe = [hook = std::move(hook)](const Tensor<T>& gradient) {
    hook(gradient);
    return gradient;
  };
  return replace_gradient(x, std::move(observe), at);
}

template <class T>
HookHandle Tape<T>::replace_gradient(const Operand<T>& x, std::function<Tensor<T>(const Tensor<T>&)> hook,
                                     SourceLocation at) {
  if (hook == nullptr) throw Error("replace_gradient() got no function");
  // Set when the checkpoint recomputes: only then is there a record to set it on.
  if (captured_ != nullptr) return {id_, -1, 0};
  const Tensor<T> tensor = x.tensor(at);
  if (!tensor.tracked()) throw Error("hook(): the tensor stands on no tape, so no gradient will reach it");
  check_on_this_tape(tensor);
  const Index record = tensor.slot().record;
  hooks_[record].push_back({++last_hook_, std::move(hook)});
  return {id_, record, last_hook_};
}

template <class T>
void Tape<T>::remove_hook(const HookHandle& hook) {
  const auto found = hooks_.find(hook.record);
  const auto has_number = [&](const Hook& each) { return each.number == hook.number; };
  if (hook.tape != id_ || found == hooks_.end() || std::erase_if(found->second, has_number) == 0)
    throw Error(fmt::format("remove_hook(): hook {} on record {} of tape {} is not on tape {}, or not any more",
                            hook.number, hook.record, hook.tape, id_));
  if (found->second.empty()) hooks_.erase(found);
}

template <class T>
void announce(const Tensor<T>& x) {
  const Tape<T>* tape = Tape<T>::recording();
  if (tape != nullptr && tape->inspected()) tape->tell(&Observer<T>::announced, Scope::current(), x);
}

template class Tape<float>;
template class Tape<double>;
template void announce(const Tensor<float>&);
template void announce(const Tensor<double>&);

}  // namespace ebb
