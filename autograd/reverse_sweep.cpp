#include "reverse_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "accumulate.h"
#include "base/error.hpp"
#include "scope.hpp"

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

/// While the loop goes, the walked tape stands in for the innermost one, and whether anything is recorded is the
/// sweep's business alone.
template <class T>
class ReverseSweep<T>::Turn {
 public:
  explicit Turn(ReverseSweep& sweep, Observer<T>* observer = nullptr)
      : sweep_(sweep),
        tape_(sweep.tape_),
        innermost_(std::exchange(Tape<T>::innermost(), &tape_)),
        life_(std::exchange(tape_.life_, sweep.life())),
        state_(std::exchange(sweep.state_, State::running)),
        observer_(std::exchange(sweep.observer_, observer)),
        tells_(std::exchange(tape_.tells_, tape_.tells_ && sweep.options_.hooks)),
        size_(tape_.size()),
        exceptions_(std::uncaught_exceptions()) {}
  ~Turn() {
    Tape<T>::innermost() = innermost_;
    if (tape_.life_ != Tape<T>::Life::retired) tape_.life_ = life_;  // by a walk of a hook, say
    tape_.tells_ = tells_;
    sweep_.observer_ = observer_;
    sweep_.state_ = state_;
    if (std::uncaught_exceptions() == exceptions_) return;
    tape_.forget_from(size_);
    sweep_.state_ = State::failed;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  RecordingScope on_{true};
  ReverseSweep& sweep_;
  Tape<T>& tape_;
  Tape<T>* innermost_;
  typename Tape<T>::Life life_;
  State state_;
  Observer<T>* observer_;
  bool tells_;
  Index size_;
  int exceptions_;
};

template <class T>
ReverseSweep<T>::ReverseSweep(Tape<T>& tape, const Tensor<T>& y, Tensor<T> cotangent, WalkOptions options,
                              std::span<const Index> targets)
    : tape_(tape),
      options_(options),
      outer_(tape.sweep_),
      // One that consumes the tape passes all of it.
      first_(options.consume || targets.empty() ? 0 : *std::min_element(targets.begin(), targets.end())),
      last_(std::max(first_ - 1, options.consume ? tape.size() - 1 : Index{y.slot().record})),
      next_(last_) {
  cotangent = checked_cotangent(tape, y, std::move(cotangent));
  if (options.consume) check_may_consume();
  adjoints_.resize(window());
  if (!targets.empty()) restrict_to(targets);
  if (const Index start = y.slot().record; start >= first_)  // else it depends on no target
    adjoints_[place(start)] = options.create_graph ? std::move(cotangent) : cotangent.detach();
  tape_.sweep_ = this;
  // From here on the values that it saved go, whether or not the walk succeeds.
  if (options.consume) tape_.life_ = Tape<T>::Life::consumed;
}

template <class T>
ReverseSweep<T>::~ReverseSweep() {
  if (state_ == State::tape_ended) return;
  // Usually the newest sweep ends first; one that takes another's place does not.
  ReverseSweep** link = &tape_.sweep_;
  while (*link != this) link = &(*link)->outer_;
  *link = outer_;
  if (options_.consume) tape_.life_ = Tape<T>::Life::retired;
}

/// The life of the tape while the loop goes. A consumed tape stays one, so that nobody walks it a second time
/// meanwhile.
template <class T>
auto ReverseSweep<T>::life() const -> typename Tape<T>::Life {
  using Life = typename Tape<T>::Life;
  if (options_.create_graph) return Life::recording;
  return tape_.walked() ? Life::consumed : Life::paused;
}

template <class T>
void ReverseSweep<T>::start_at(const Tensor<T>& x, const Tensor<T>& cotangent) {
  if (const Index start = x.slot().record; needs(start)) accumulate(start, checked_cotangent(tape_, x, cotangent));
}

template <class T>
void ReverseSweep<T>::restrict_to(std::span<const Index> targets) {
  needed_.assign(adjoints_.size(), false);
  target_.assign(adjoints_.size(), false);
  for (Index target : targets)
    if (target <= last_) needed_[place(target)] = target_[place(target)] = true;
  extend_needed(first_, last_ + 1);
}

/// Among the records [from, to), marks what depends on a record that is marked already.
template <class T>
void ReverseSweep<T>::extend_needed(Index from, Index to) {
  for (Index i = from; i < to; ++i)
    if (!needed_[place(i)]) needed_[place(i)] = leads_to_target(tape_.record(i));
}

template <class T>
template <class... A>
void ReverseSweep<T>::tell(void (Observer<T>::*call)(A...), std::type_identity_t<A>... arguments) const {
  if (tape_.inspected()) tape_.tell(call, arguments...);
  if (observer_ != nullptr) (observer_->*call)(arguments...);
}

template <class T>
void ReverseSweep<T>::run(Index last, Observer<T>* observer) try {
  const Turn turn(*this, observer);
  for (; next_ >= last; --next_) {
    const Record<T>& record = tape_.record(next_);
    if (!rows_.empty() && !rows(next_).empty()) {
      leaves_.push_back(next_);
    } else if (adjoints_[place(next_)].defined()) {
      Scope scope(record.scope, record.where);  // for what a derivative records, and for its errors
      if (options_.hooks && !tape_.hooks_.empty()) run_hooks(next_);
      inspected_ = observer_ != nullptr || tape_.inspected();
      if (inspected_) tell(&Observer<T>::reached, record, adjoints_[place(next_)]);
      if (record.op->backward == nullptr) {
        leaves_.push_back(next_);
      } else if (leads_to_target(record)) {
        Tensor<T>& held = adjoints_[place(next_)];
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
} catch (Break& stop) {
  if (stop.tape == tape_.id() && stop.record >= tape_.size()) stop.record = -1;  // it went when the turn ended
  throw;
}

template <class T>
void ReverseSweep<T>::check_can_go_on() const {
  if (state_ == State::failed) throw Error("this walk ended by an error, half way through a record; start a new one");
  if (state_ == State::running)
    throw Error("this walk is under way: it called the hook or observer that wants it to go on meanwhile");
  check_has_tape();
  bool freed = tape_.life_ == Tape<T>::Life::retired;
  for (const ReverseSweep* sweep = tape_.sweep_; sweep != nullptr; sweep = sweep->outer_)
    freed = freed || (sweep != this && sweep->options_.consume);
  if (freed && !tape_.keeps_all())
    throw Error(
        "backward() has freed what this walk needs; pass it {.keep = true}, or make the tape with {.keep_all = true}");
}

template <class T>
void ReverseSweep<T>::check_has_tape() const {
  if (state_ == State::tape_ended) throw Error("the tape of this walk has ended; keep it for as long as the walk");
}

/// Throws Error if a walk that frees the tape would free what somebody is about to read: another walk, which called a
/// hook or an observer that wants to start this one, or the operation that an observer was told of.
template <class T>
void ReverseSweep<T>::check_may_consume() const {
  bool in_use = tape_.telling_ > 0;
  for (const ReverseSweep* sweep = tape_.sweep_; sweep != nullptr; sweep = sweep->outer_)
    in_use = in_use || sweep->state_ == State::running;
  if (in_use && !tape_.keeps_all())
    throw Error(
        "a hook or an observer cannot free the tape that is being recorded or walked: pass backward() {.keep = true}, "
        "or make the tape with {.keep_all = true}");
}

/// Returns true if anything below the record is asked for: not so below the lowest target.
template <class T>
bool ReverseSweep<T>::leads_to_target(const Record<T>& record) const {
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    if (needs(record.inputs[k])) return true;
  return false;
}

template <class T>
inline void ReverseSweep<T>::accumulate(Index record, Tensor<T>&& adjoint) {
  if (!rows_.empty()) make_whole(record);
  Tensor<T>& sum = adjoints_[place(record)];
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
void ReverseSweep<T>::add(const Record<T>& record, std::size_t input, Tensor<T>&& adjoint) {
  const Index to = record.inputs[input];
  if (!needs(to)) return;
  if (!adjoint.defined() || !(adjoint.shape() == tape_.record(to).shape))
    throw Error(fmt::format(
        "the derivative of {} (record {}) gave input {} an adjoint of shape {}, but that input has {}", record.op->name,
        record.slot.record, input, adjoint.defined() ? to_string(adjoint.shape()) : "none: it is undefined",
        to_string(tape_[to].shape)));
  if (inspected_) tell(&Observer<T>::passed_on, record, input, adjoint);
  accumulate(to, std::move(adjoint));
}

template <class T>
T* ReverseSweep<T>::sum_in_place(Index record) {
  if (options_.create_graph || inspected_) return nullptr;
  if (!rows_.empty()) make_whole(record);
  Tensor<T>& sum = adjoints_[place(record)];
  Array<T> elements = sum.defined() ? std::move(sum).value() : Array<T>(tape_.record(record).shape, T{0});
  sum = Tensor<T>();
  T* const data = elements.mutable_data();  // a copy if somebody else holds them
  sum = Tensor<T>(std::move(elements));
  return data;
}

template <class T>
bool ReverseSweep<T>::keep_rows(Index record, Rows<T> given) {
  if (options_.create_graph || inspected_ || tape_.keeps_all()) return false;
  const Record<T>& leaf = tape_.record(record);
  if (leaf.parameter == nullptr || tape_.hooks_.contains(record) || adjoints_[place(record)].defined()) return false;
  Index count = given.count();
  for (const Rows<T>& kept : rows(record)) count += kept.count();
  if (!are_few(count, leaf.shape)) return false;
  rows_[record].push_back(std::move(given));
  return true;
}

template <class T>
std::span<const Rows<T>> ReverseSweep<T>::rows(Index leaf) const {
  const auto found = rows_.find(leaf);
  return found != rows_.end() ? std::span<const Rows<T>>(found->second) : std::span<const Rows<T>>();
}

/// Makes the whole adjoint of the rows that were kept, if any, for others to be added.
template <class T>
void ReverseSweep<T>::make_whole(Index record) {
  if (rows(record).empty()) return;
  adjoints_[place(record)] = adjoint(record);
  rows_.erase(record);
}

template <class T>
void ReverseSweep<T>::run_hooks(Index record) {
  const auto found = tape_.hooks_.find(record);
  if (found == tape_.hooks_.end()) return;
  const std::vector<typename Tape<T>::Hook> hooks = found->second;  // a copy: a hook may set further ones
  for (const auto& hook : hooks) {
    Tensor<T> replaced = hook.function(adjoints_[place(record)]);
    if (!(replaced.defined() && replaced.shape() == tape_[record].shape))
      throw Error(fmt::format("a gradient hook on record {} ({}) must return the shape {}, but returned {}", record,
                              tape_[record].op->name, to_string(tape_[record].shape),
                              replaced.defined() ? to_string(replaced.shape()) : "an undefined tensor"));
    adjoints_[place(record)] = options_.create_graph ? std::move(replaced) : replaced.detach();
  }
}

/// Computes the saved values anew that were left out of the record. Each is kept at the record that it comes from,
/// until the walk has passed that one, for others that saved it too.
template <class T>
void ReverseSweep<T>::recompute_saved(Record<T>& record) {
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
void ReverseSweep<T>::release(Index i) {
  if (tape_.keeps_all()) return;
  Record<T>& record = tape_.record(i);
  record.saved.clear();
  record.cached.clear();
  record.output = Tensor<T>();
  record.attributes.free_memory();
}

template <class T>
void ReverseSweep<T>::rerun(const Record<T>& record, const std::function<Tensor<T>()>& f, const Tensor<T>& dy) {
  const Index start = tape_.size();
  const auto life = std::exchange(tape_.life_, Tape<T>::Life::recording);
  const Tensor<T> y = f();
  tape_.life_ = life;
  if (adjoints_.size() == window()) tail_ = start;
  resize(tape_.size());
  if (!needed_.empty()) extend_needed(start, tape_.size());
  if (y.tracked() && y.slot().record < start) {  // f returned a tensor that it was given
    std::size_t input = 0;
    while (record.inputs[input] != y.slot().record) ++input;
    Adjoints<T>(*this, record).add(input, dy);
  } else if (y.tracked() && needs(y.slot().record)) {
    accumulate(y.slot().record, Tensor<T>(dy));
    const Index resume = std::exchange(next_, y.slot().record);
    run(start, observer_);
    next_ = resume;
  }
  if (!options_.create_graph) {
    resize(start);
    tape_.forget_from(start);
  }
}

/// Makes room for the records that were made anew, up to number `size`, or forgets those that went.
template <class T>
void ReverseSweep<T>::resize(Index size) {
  adjoints_.resize(window() + to_size(std::max<Index>(size - tail_, 0)));
  if (needed_.empty()) return;
  needed_.resize(adjoints_.size(), false);
  target_.resize(adjoints_.size(), false);
}

template <class T>
void ReverseSweep<T>::return_to(Index record, Index size) {
  tape_.forget_from(size);  // what a derivative recorded
  if (adjoints_.size() > window()) resize(size);
  while (!leaves_.empty() && leaves_.back() <= record) leaves_.pop_back();
  next_ = record;
  state_ = State::waiting;
}

template <class T>
Tensor<T> ReverseSweep<T>::adjoint(Index record) const {
  if (const auto kept = rows(record); !kept.empty()) return whole_of(tape_.record(record).shape, kept);
  return is_about(record) && place(record) < adjoints_.size() ? adjoints_[place(record)] : Tensor<T>();
}

template <class T>
Tensor<T> ReverseSweep<T>::adjoint_sum(std::span<const Index> records) {
  const Turn turn(*this);
  Tensor<T> sum;
  for (Index record : records)
    if (const Tensor<T> each = adjoint(record); each.defined()) sum = sum.defined() ? add_adjoints(sum, each) : each;
  return sum;
}

template class ReverseSweep<float>;
template class ReverseSweep<double>;

}  // namespace ebb
