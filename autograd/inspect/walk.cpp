#include "walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "../accumulate.h"
#include "../base/error.hpp"
#include "../scope.hpp"

namespace ebb {

namespace {

/// The cotangent to start with, once it is sure that the walk can start.
template <class T>
Tensor<T> checked_cotangent(const Tape<T>& tape, const Tensor<T>& y, Tensor<T> given) {
  if (tape.in_checkpoint())
    throw Error(
        "backward() and grad() cannot walk a tape inside a function given to checkpoint(); let the function make a "
        "Tape of its own");
  if (!y.defined() || !y.tracked()) throw Error("a walk starts at a tensor that stands on the tape, but this does not");
  tape.check_on_this_tape(y);
  if (tape.walked() && !tape.keeps_all())
    throw Error(
        "this tape was walked already, and what it saved is freed; make it with {.keep_all = true} to walk it again");
  if (!given.defined() && y.size() == 1) return Array<T>(y.shape(), T{1});
  if (!given.defined() || !(given.shape() == y.shape()))
    throw Error(
        fmt::format("a walk that starts at a tensor of shape {} needs a cotangent of that shape, but was given {}",
                    to_string(y.shape()), given.defined() ? to_string(given.shape()) : "none"));
  return given;
}

}  // namespace

/// While the loop goes, the walked tape stands in for the innermost one, and whether anything is recorded is the walk's
/// business alone.
template <class T>
class Walk<T>::Turn {
 public:
  explicit Turn(Walk& walk)
      : walk_(walk),
        tape_(walk.tape_),
        innermost_(std::exchange(Tape<T>::innermost(), &tape_)),
        recording_(std::exchange(tape_.recording_, walk.options_.create_graph)),
        retired_(std::exchange(tape_.retired_, false)),
        observed_(std::exchange(tape_.observed_, tape_.observed_ && walk.options_.hooks)),
        fleeting_from_(std::exchange(tape_.fleeting_from_, std::min(tape_.fleeting_from_, tape_.size()))),
        size_(tape_.size()),
        exceptions_(std::uncaught_exceptions()) {}
  ~Turn() {
    Tape<T>::innermost() = innermost_;
    tape_.recording_ = recording_;
    tape_.retired_ = retired_;
    tape_.observed_ = observed_;
    tape_.fleeting_from_ = fleeting_from_;
    if (std::uncaught_exceptions() == exceptions_) return;
    tape_.rewind(size_);
    walk_.failed_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  RecordingScope on_{true};
  Walk& walk_;
  Tape<T>& tape_;
  Tape<T>* innermost_;
  bool recording_, retired_, observed_;
  Index fleeting_from_, size_;
  int exceptions_;
};

template <class T>
Walk<T>::Walk(Tape<T>& tape, const Tensor<T>& y, Tensor<T> cotangent, WalkOptions options)
    : tape_(tape), options_(options), outer_walk_(tape.walk_), next_(tape.size() - 1), adjoints_(to_size(tape.size())) {
  cotangent = checked_cotangent(tape, y, std::move(cotangent));
  adjoints_[to_size(y.slot().record)] = options.create_graph ? std::move(cotangent) : cotangent.detach();
  tape_.walk_ = this;
  if (options.consume) {  // from here on its saved values go, whether or not the walk succeeds
    tape_.walked_ = true;
    tape_.recording_ = false;
  }
}

template <class T>
Walk<T>::~Walk() {
  // Usually the newest walk ends first; one that takes another's place does not.
  Walk** link = &tape_.walk_;
  while (*link != this) link = &(*link)->outer_walk_;
  *link = outer_walk_;
  if (options_.consume) tape_.retired_ = true;
}

template <class T>
void Walk<T>::only_towards(std::span<const Index> targets) {
  needed_.assign(adjoints_.size(), false);
  target_.assign(adjoints_.size(), false);
  for (Index target : targets) needed_[to_size(target)] = target_[to_size(target)] = true;
  extend_needed(0);
}

/// From record `first` on, marks what depends on a record that is marked already.
template <class T>
void Walk<T>::extend_needed(Index first) {
  for (Index i = first; i < tape_.size(); ++i) {
    const auto& inputs = tape_[i].inputs;
    for (std::size_t k = 0; k < inputs.size() && !needed_[to_size(i)]; ++k)
      if (inputs[k] >= 0 && needed_[to_size(inputs[k])]) needed_[to_size(i)] = true;
  }
}

template <class T>
void Walk<T>::run(Index last) {
  check_not_failed();
  if (!stepping_) steps_.clear();
  const Turn turn(*this);
  for (; next_ >= last; --next_) {
    const Record<T>& record = tape_[next_];
    if (adjoints_[to_size(next_)].defined()) {
      Scope scope(record.scope, record.where);  // for what a derivative records, and for its errors
      if (options_.hooks && !tape_.hooks_.empty()) run_hooks(next_);
      inspected_ = stepping_ || tape_.may_inspect();
      if (inspected_) inspect_arrival(record);
      if (record.op->backward == nullptr) {
        leaves_.push_back(next_);
      } else if (leads_to_target(record)) {
        Tensor<T>& held = adjoints_[to_size(next_)];
        const Tensor<T> dy = keeps(next_) ? held : std::exchange(held, Tensor<T>());
        recompute_saved(tape_.record(next_));
        if (record.op->recomputed && !record.output_saved && !tape_.keeps_all())
          tape_.record(next_).output = Tensor<T>();  // its users are done
        Adjoints<T> d(*this, record);
        record.op->backward(record, dy, d);
      }
    }
    if (options_.consume) release(next_);
  }
}

template <class T>
void Walk<T>::check_not_failed() const {
  if (failed_) throw Error("this walk ended by an error, half way through a record; start a new one");
}

/// Whether anything below the record is asked for: not so below the lowest target.
template <class T>
bool Walk<T>::leads_to_target(const Record<T>& record) const {
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    if (needs(record.inputs[k])) return true;
  return false;
}

template <class T>
void Walk<T>::accumulate(Index record, Tensor<T>&& adjoint) {
  Tensor<T>& sum = adjoints_[to_size(record)];
  if (sum.defined() && options_.create_graph)
    sum = add_adjoints(sum, adjoint);
  else if (sum.defined())
    add_in_place(sum, adjoint);
  else if (options_.create_graph || !adjoint.tracked())
    sum = std::move(adjoint);
  else
    sum = adjoint.detach();  // a saved tensor, say, passed on as it stands
}

template <class T>
void Walk<T>::run_hooks(Index record) {
  const auto found = tape_.hooks_.find(record);
  if (found == tape_.hooks_.end()) return;
  const std::vector<typename Tape<T>::Hook> hooks = found->second;  // a copy: a hook may set further ones
  for (const auto& hook : hooks) {
    Tensor<T> replaced = hook(adjoints_[to_size(record)]);
    if (!(replaced.defined() && replaced.shape() == tape_[record].shape))
      throw Error(fmt::format("a gradient hook on record {} ({}) must return the shape {}, but returned {}", record,
                              tape_[record].op->name, to_string(tape_[record].shape),
                              replaced.defined() ? to_string(replaced.shape()) : "an undefined tensor"));
    adjoints_[to_size(record)] = options_.create_graph ? std::move(replaced) : replaced.detach();
  }
}

/// Computes the saved values anew that were left out of the record. Each is kept at the record that it comes from,
/// until the walk has passed that one, for others that saved it too.
template <class T>
void Walk<T>::recompute_saved(Record<T>& record) {
  for (std::size_t i = 0; i < record.saved.size(); ++i) {
    Tensor<T>& x = record.saved[i];
    if (x.defined() || !x.tracked()) continue;
    Record<T>& source = tape_.record(x.slot().record);
    if (!source.output.defined()) {
      std::vector<Tensor<T>> inputs;
      for (std::size_t k = 0; k < source.inputs.size(); ++k) inputs.push_back(source.saved[k]);
      source.output = Tensor<T>(replay<T>(source, inputs), source.slot);
    }
    x = source.output;
  }
}

template <class T>
void Walk<T>::release(Index i) {
  if (tape_.keeps_all()) return;
  Record<T>& record = tape_.record(i);
  record.saved.clear();
  record.cached.clear();
  record.output = Tensor<T>();
  record.attributes.free_memory();
}

template <class T>
void Walk<T>::rerun(const std::function<Tensor<T>()>& f, const Tensor<T>& dy) {
  const Index start = tape_.size();
  tape_.recording_ = true;
  const Tensor<T> y = f();
  tape_.recording_ = options_.create_graph;
  tape_.check_on_this_tape(y);
  if (!(y.shape() == dy.shape()))
    throw Error(
        fmt::format("the function gave shape {} when it was recomputed, but {} when it first ran; it must do "
                    "the same each time",
                    to_string(y.shape()), to_string(dy.shape())));
  for (Index i = start; i < tape_.size(); ++i)
    if (const auto& parameter = tape_[i].parameter; parameter != nullptr)
      throw Error(
          fmt::format("the function found another value in parameter '{}' when it was recomputed, or did not "
                      "use it when it first ran; it must do the same each time",
                      parameter->name));
  adjoints_.resize(to_size(tape_.size()));
  if (!needed_.empty()) {
    needed_.resize(adjoints_.size(), false);
    target_.resize(adjoints_.size(), false);
    extend_needed(start);
  }
  if (y.tracked() && needs(y.slot().record)) {
    if (stepping_) note(y.slot().record, dy);
    accumulate(y.slot().record, Tensor<T>(dy));
    const Index resume = std::exchange(next_, y.slot().record);
    run(start);
    next_ = resume;
  }
  if (!options_.create_graph) {
    adjoints_.resize(to_size(start));
    if (!needed_.empty()) needed_.resize(to_size(start)), target_.resize(to_size(start));
    tape_.rewind(start);
  }
}

template <class T>
Tensor<T> Walk<T>::adjoint_sum(std::span<const Index> records) {
  const Turn turn(*this);
  Tensor<T> sum;
  for (Index record : records)
    if (const Tensor<T> each = adjoint(record); each.defined()) sum = sum.defined() ? add_adjoints(sum, each) : each;
  return sum;
}

template <class T>
bool Adjoints<T>::needs(std::size_t input) const {
  return walk_.needs(record_.inputs[input]);
}

template <class T>
const Shape& Adjoints<T>::shape(std::size_t input) const {
  return walk_.tape_[record_.inputs[input]].shape;
}

template <class T>
void Adjoints<T>::add(std::size_t input, Tensor<T> adjoint) {
  const Index to = record_.inputs[input];
  if (!walk_.needs(to)) return;
  if (!(adjoint.shape() == walk_.tape_[to].shape))
    throw Error(
        fmt::format("the derivative of {} (record {}) gave input {} an adjoint of shape {}, but that input has {}",
                    record_.op->name, record_.slot.record, input, to_string(adjoint.shape()), to_string(shape(input))));
  if (walk_.inspected_) walk_.inspect_flow(record_, input, adjoint);
  walk_.accumulate(to, std::move(adjoint));
}

template <class T>
bool Adjoints<T>::create_graph() const {
  return walk_.options_.create_graph;
}

template class Walk<float>;
template class Walk<double>;
template class Adjoints<float>;
template class Adjoints<double>;

}  // namespace ebb
