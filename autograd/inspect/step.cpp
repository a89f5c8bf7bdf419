#include <fmt/format.h>

#include <exception>
#include <utility>

#include "../accumulate.h"
#include "../base/error.hpp"
#include "walk.hpp"

// The walk one record at a time, and what looks on: the loop is that of walk.cpp; here is what notes a step, so that it
// can be shown and undone, and what asks the conditions to break at.

namespace ebb {

template <class T>
bool Walk<T>::step() {
  check_not_failed();
  Index reached = next_;
  while (reached >= 0 && !adjoints_[to_size(reached)].defined()) --reached;
  if (reached < 0) return false;
  steps_.push_back({.record = reached,
                    .arrived = adjoints_[to_size(reached)],
                    .incoming = {},
                    .flows = {},
                    .leaves_before = leaves_.size(),
                    .size_before = tape_.size()});
  stepping_ = true;
  try {
    run(reached);
  } catch (...) {
    stepping_ = failed_ = false;
    undo(steps_.back());
    steps_.pop_back();
    throw;
  }
  stepping_ = false;
  if (!tape_.keeps_all()) steps_.erase(steps_.begin(), steps_.end() - 1);
  return true;
}

template <class T>
void Walk<T>::inspect_arrival(const Record<T>& record) {
  const Tensor<T>& adjoint = adjoints_[to_size(record.slot.record)];
  if (tape_.has_conditions()) tape_.check_conditions({Moment::adjoint, record, adjoint});
  // A checkpoint's derivative walks further records meanwhile.
  if (stepping_ && record.slot.record == steps_.back().record) steps_.back().incoming = adjoint;
}

template <class T>
void Walk<T>::inspect_flow(const Record<T>& record, std::size_t input, const Tensor<T>& adjoint) {
  if (tape_.has_conditions()) tape_.check_conditions({Moment::flow, record, adjoint, input});
  if (stepping_) note(record.inputs[input], adjoint);
}

/// Before `adjoint` is added to that of a record. The handle to what stood there makes the addition copy it first.
/// Records that the step itself made, as a checkpoint's derivative does, are gone with it.
template <class T>
void Walk<T>::note(Index record, const Tensor<T>& adjoint) {
  if (record >= steps_.back().size_before) return;
  for (Flow& flow : steps_.back().flows)
    if (flow.to == record) return add_in_place(flow.added, adjoint);
  steps_.back().flows.push_back({record, adjoints_[to_size(record)], adjoint.detach()});
}

template <class T>
bool Walk<T>::back() {
  if (!tape_.keeps_all())
    throw Error("back() undoes a step with what the tape kept; make it with Tape<T> tape({.keep_all = true})");
  if (steps_.empty()) return false;
  undo(steps_.back());
  steps_.pop_back();
  return true;
}

template <class T>
void Walk<T>::undo(const Step& step) {
  tape_.rewind(step.size_before);  // what a derivative recorded
  for (const Flow& flow : step.flows) adjoints_[to_size(flow.to)] = flow.before;
  adjoints_.resize(to_size(step.size_before));
  if (!needed_.empty()) needed_.resize(adjoints_.size()), target_.resize(adjoints_.size());
  adjoints_[to_size(step.record)] = step.arrived;
  leaves_.resize(step.leaves_before);
  next_ = step.record;
}

template <class T>
bool Walk<T>::until(const std::function<bool(const Record<T>&)>& found) {
  while (step())
    if (found(record())) return true;
  return false;
}

template <class T>
auto Walk<T>::last_step() const -> const Step& {
  if (steps_.empty()) throw Error("a walk stands at no record before its first step()");
  return steps_.back();
}

template <class T>
const Record<T>& Walk<T>::record() const {
  return tape_[last_step().record];
}

template <class T>
const Tensor<T>& Walk<T>::incoming() const {
  return last_step().incoming;
}

template <class T>
Tensor<T> Walk<T>::outgoing(std::size_t input) const {
  const Record<T>& passed = record();
  if (input >= passed.inputs.size())
    throw Error(fmt::format("outgoing({}): record {} ({}) has {} inputs", input, passed.slot.record, passed.op->name,
                            passed.inputs.size()));
  for (const Flow& flow : last_step().flows)
    if (flow.to == passed.inputs[input]) return flow.added;
  return {};
}

#define EBB_INSTANTIATE(T)                                                              \
  template bool Walk<T>::step();                                                        \
  template bool Walk<T>::back();                                                        \
  template bool Walk<T>::until(const std::function<bool(const Record<T>&)>&);           \
  template void Walk<T>::undo(const Step&);                                             \
  template auto Walk<T>::last_step() const->const Step&;                                \
  template void Walk<T>::inspect_arrival(const Record<T>&);                             \
  template void Walk<T>::inspect_flow(const Record<T>&, std::size_t, const Tensor<T>&); \
  template void Walk<T>::note(Index, const Tensor<T>&);                                 \
  template const Record<T>& Walk<T>::record() const;                                    \
  template const Tensor<T>& Walk<T>::incoming() const;                                  \
  template Tensor<T> Walk<T>::outgoing(std::size_t) const;
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
