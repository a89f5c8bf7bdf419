#pragma once

#include <functional>
#include <limits>
#include <span>
#include <unordered_map>
#include <vector>

#include "row_gradient.h"
#include "tape.hpp"

namespace ebb {

/// The reverse sweep over a tape: one loop over an index that counts down, from record to derivative in one call.
/// `Tape::backward` and `grad` run it to its end, Walk one record at a time. While it goes, the walked tape is the
/// innermost, and nothing is recorded unless `create_graph` asks for it.
template <class T>
class ReverseSweep {
 public:
  /// Starts at `y`, whose adjoint is `cotangent`, of the same shape: 1 if it is not given and `y` has one element.
  /// Given targets, it is restricted to the records between `y` and these, and keeps their adjoints. Throws Error for
  /// another shape, for a `y` that does not stand on this tape, and for a tape that was consumed.
  ReverseSweep(Tape<T>& tape, const Tensor<T>& y, Tensor<T> cotangent, WalkOptions options,
               std::span<const Index> targets = {});
  ~ReverseSweep();
  ReverseSweep(const ReverseSweep&) = delete;
  ReverseSweep& operator=(const ReverseSweep&) = delete;

  /// Starts at another tensor as well, which was recorded before `y`.
  void start_at(const Tensor<T>& x, const Tensor<T>& cotangent);
  /// Goes back to, and past, record `last`; an observer given here looks on besides those of the tape. If something
  /// throws, what was recorded meanwhile is taken back, and the sweep refuses to go on.
  void run(Index last, Observer<T>* observer = nullptr);
  /// Throws Error if run() has thrown or is under way, and if what it needs is gone: freed by another walk, or with the
  /// tape. For who runs it step by step.
  void check_can_go_on() const;
  /// Throws Error if the tape has ended.
  void check_has_tape() const;
  /// The tape ends, and this sweep has not.
  void end_with_tape() { state_ = State::tape_ended; }
  /// The sweep over the same tape that started before this one and is alive, or null.
  ReverseSweep* outer() const { return outer_; }
  /// The first record that it is about: of the tape, or of the targets.
  Index first() const { return first_; }
  /// The number of the tape's records that it needs.
  Index size() const {
    return adjoints_.size() > window() ? tail_ + static_cast<Index>(adjoints_.size() - window()) : last_ + 1;
  }

  /// The next record to pass; the one in hand while its derivative runs.
  Index next() const { return next_; }
  /// The adjoint of a leaf or a target once the sweep is past it, of any record if the tape keeps all; undefined if
  /// nothing flowed there.
  Tensor<T> adjoint(Index record) const;
  /// The sum of several records' adjoints, recorded under create_graph; undefined if nothing flowed to any.
  Tensor<T> adjoint_sum(std::span<const Index> records);
  /// The leaves that the sweep reached, last first.
  const std::vector<Index>& leaves() const { return leaves_; }

  /// For a derivative, by way of Adjoints: returns true if the adjoint of this record is asked for.
  bool needs(Index record) const { return is_about(record) && (needed_.empty() || needed_[place(record)]); }
  /// For a derivative, by way of Adjoints: adds to the adjoint of an input, if that is needed. Throws Error if the
  /// shape is not the input's.
  void add(const Record<T>& record, std::size_t input, Tensor<T>&& adjoint);
  /// For a derivative, by way of Adjoints: the elements of the adjoint of a record that is needed, zeros if nothing has
  /// flowed there yet, to be added to. Null under create_graph, and where an observer is to see what is added.
  T* sum_in_place(Index record);
  /// For a derivative, by way of Adjoints: keeps rows of the adjoint of a parameter's leaf. Returns false where the
  /// whole adjoint is there already, or wanted, or the rows are not few.
  bool keep_rows(Index record, Rows<T> rows);
  /// The rows that are kept of a leaf's adjoint; none if it is whole.
  std::span<const Rows<T>> rows(Index leaf) const;
  /// For the derivative of `checkpoint`, which stands at `record`: records `f` anew at the end of the tape and sweeps
  /// that part with the cotangent `dy`. Adjoints go where they would have gone had `f` been recorded in the first
  /// place, and in the same order.
  void rerun(const Record<T>& record, const std::function<Tensor<T>()>& f, const Tensor<T>& dy);

  /// For Walk::back: stands before `record` again, on a tape of `size` records. Adjoints that have changed since are
  /// put back by `restore`.
  void return_to(Index record, Index size);
  void restore(Index record, const Tensor<T>& adjoint) { adjoints_[place(record)] = adjoint; }

  const Tape<T>& tape() const { return tape_; }
  bool creates_graph() const { return options_.create_graph; }

 private:
  class Turn;
  enum class State {
    waiting,
    running,
    failed,  // by an exception, half way through a record
    tape_ended,
  };

  typename Tape<T>::Life life() const;
  bool keeps(Index record) const { return tape_.keeps_all() || (!target_.empty() && target_[place(record)]); }
  /// The number of records from the first to the last.
  std::size_t window() const { return to_size(last_ - first_ + 1); }
  bool is_about(Index record) const { return record >= first_ && (record <= last_ || record >= tail_); }
  /// Where the lists below hold what concerns a record that the sweep is about.
  std::size_t place(Index record) const {
    return record <= last_ ? to_size(record - first_) : window() + to_size(record - tail_);
  }
  void check_may_consume() const;
  void restrict_to(std::span<const Index> targets);
  void resize(Index size);
  void extend_needed(Index from, Index to);
  bool leads_to_target(const Record<T>& record) const;
  void accumulate(Index record, Tensor<T>&& adjoint);
  [[gnu::cold]] void make_whole(Index record);
  void run_hooks(Index record);
  void recompute_saved(Record<T>& record);
  void release(Index record);
  template <class... A>
  [[gnu::cold]] void tell(void (Observer<T>::*call)(A...), std::type_identity_t<A>... arguments) const;

  Tape<T>& tape_;
  const WalkOptions options_;
  ReverseSweep* outer_;  // the next one over the same tape
  // A sweep is about a window of the tape, and costs nothing for what lies outside: for records before the first
  // target, and for those after y, but for the ones at the end of the tape that the derivative of a checkpoint makes
  // anew.
  const Index first_, last_;
  Index tail_ = std::numeric_limits<Index>::max();  // the first of those made anew
  Index next_;
  std::vector<Tensor<T>> adjoints_;  // by place
  std::vector<bool> needed_;         // by place; empty: all
  std::vector<bool> target_;         // by place; empty: none
  std::vector<Index> leaves_;
  std::unordered_map<Index, std::vector<Rows<T>>> rows_;  // by leaf, where the adjoint is not whole
  State state_ = State::waiting;
  Observer<T>* observer_ = nullptr;  // besides those of the tape
  bool inspected_ = false;           // of the record in hand: whether any observer looks on
};

extern template class ReverseSweep<float>;
extern template class ReverseSweep<double>;

}  // namespace ebb
