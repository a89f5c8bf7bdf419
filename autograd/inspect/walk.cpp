#include "walk.hpp"

#include <fmt/format.h>

#include "../accumulate.h"
#include "../base/error.hpp"
#include "../reverse_sweep.h"

namespace ebb {

/// Notes the steps of a walk as an observer of its sweep: all of them if the tape keeps all, else only the last.
template <class T>
class Walk<T>::Log : public Observer<T> {
 public:
  Log(ReverseSweep<T>& sweep, bool all) : sweep_(sweep), all_(all) {}

  bool empty() const { return steps_.empty(); }
  void clear() { steps_.clear(); }
  void begin_step(Index record, Index size) {
    steps_.push_back({.record = record, .size_before = size, .arrived = sweep_.adjoint(record)});
  }
  void end_step() {
    if (!all_) steps_.erase(steps_.begin(), steps_.end() - 1);
  }
  void undo_step() {
    const Step& step = steps_.back();
    sweep_.return_to(step.record, step.size_before);
    for (const Flow& flow : step.flows) sweep_.restore(flow.to, flow.before);
    sweep_.restore(step.record, step.arrived);
    steps_.pop_back();
  }

  Index record() const { return last().record; }
  const Tensor<T>& incoming() const { return last().incoming; }
  Tensor<T> passed_on_to(Index record) const {
    for (const Flow& flow : last().flows)
      if (flow.to == record) return flow.sum;
    return {};
  }

  void reached(const Record<T>& record, const Tensor<T>& adjoint) override {
    // A checkpoint's derivative walks further records meanwhile.
    if (record.slot.record == steps_.back().record) steps_.back().incoming = adjoint;
  }
  /// Holds on to the adjoint that stood there, so that the addition to come copies it first. Records that the step
  /// itself made, as a checkpoint's derivative does, are gone with it.
  void passed_on(const Record<T>& record, std::size_t input, const Tensor<T>& adjoint) override {
    const Index to = record.inputs[input];
    Step& step = steps_.back();
    if (to >= step.size_before) return;
    for (Flow& flow : step.flows)
      if (flow.to == to) return add_in_place(flow.sum, adjoint);
    step.flows.push_back({to, sweep_.adjoint(to), adjoint.detach()});
  }

 private:
  /// An adjoint that a step added to.
  struct Flow {
    Index to;
    Tensor<T> before, sum;
  };
  struct Step {
    Index record, size_before;
    Tensor<T> arrived, incoming = {};  // before and after the hooks
    std::vector<Flow> flows = {};
  };

  const Step& last() const {
    if (steps_.empty()) throw Error("a walk stands at no record before its first step()");
    return steps_.back();
  }

  ReverseSweep<T>& sweep_;
  const bool all_;
  std::vector<Step> steps_;
};

template <class T>
Walk<T>::Walk(Tape<T>& tape, const Tensor<T>& y, Tensor<T> cotangent, WalkOptions options)
    : tape_(tape),
      sweep_(std::make_unique<ReverseSweep<T>>(tape, y, std::move(cotangent), options)),
      log_(std::make_unique<Log>(*sweep_, tape.keeps_all())) {}

template <class T>
Walk<T>::~Walk() = default;

template <class T>
bool Walk<T>::step() {
  sweep_->check_can_go_on();
  Index reached = sweep_->next();
  while (reached >= 0 && !sweep_->adjoint(reached).defined()) --reached;
  if (reached < 0) return false;
  log_->begin_step(reached, tape_.size());
  try {
    sweep_->run(reached, log_.get());
  } catch (...) {
    log_->undo_step();
    throw;
  }
  log_->end_step();
  return true;
}

template <class T>
bool Walk<T>::back() {
  sweep_->check_can_go_on();
  if (!tape_.keeps_all())
    throw Error("back() undoes a step with what the tape kept; make it with Tape<T> tape({.keep_all = true})");
  if (log_->empty()) return false;
  log_->undo_step();
  return true;
}

template <class T>
bool Walk<T>::until(const std::function<bool(const Record<T>&)>& found) {
  if (found == nullptr) throw Error("until() got no function");
  while (step())
    if (found(record())) return true;
  return false;
}

template <class T>
void Walk<T>::run(Index last) {
  sweep_->check_can_go_on();
  if (last < 0) throw Error(fmt::format("run({}): the first record of a tape is number 0", last));
  log_->clear();
  sweep_->run(last);
}

template <class T>
const Record<T>& Walk<T>::record() const {
  sweep_->check_has_tape();
  return tape_[log_->record()];
}

template <class T>
const Tensor<T>& Walk<T>::incoming() const {
  return log_->incoming();
}

template <class T>
Tensor<T> Walk<T>::outgoing(std::size_t input) const {
  const Record<T>& passed = record();
  if (input >= passed.inputs.size())
    throw Error(fmt::format("outgoing({}): record {} ({}) has {} inputs", input, passed.slot.record, passed.op->name,
                            passed.inputs.size()));
  return log_->passed_on_to(passed.inputs[input]);
}

template <class T>
Tensor<T> Walk<T>::adjoint(Index record) const {
  sweep_->check_has_tape();
  (void)tape_[record];  // throws if there is none
  return sweep_->adjoint(record);
}

template <class T>
const std::vector<Index>& Walk<T>::leaves() const {
  return sweep_->leaves();
}

template class Walk<float>;
template class Walk<double>;

}  // namespace ebb
