#pragma once

#include <functional>
#include <vector>

#include "../base/visibility.hpp"
#include "../scope.hpp"
#include "../tape.hpp"

namespace ebb EBB_PUBLIC {

struct WalkOptions {
  /// Records the derivatives' own operations, so that they can be differentiated in turn.
  bool create_graph = false;
  /// Frees each record's saved values when the walk has passed it.
  bool consume = false;
  /// Calls the tape's hooks and observers, and asks the conditions to break at.
  bool hooks = true;
};

/// The backward walk over a tape, from the last record to the first: one loop over an index that counts down.
/// `Tape::backward` and `grad` run it to its end; nothing is recorded meanwhile unless `create_graph` asks for it. By
/// hand it goes one record at a time, by the same loop, and leaves parameters' gradients alone:
///
///     ebb::Tape<double> tape({.keep_all = true});
///     auto loss = sum(tanh(tape.watch(x)));
///     ebb::Walk walk(tape, loss);
///     while (walk.step()) std::cout << walk.record().op->name << ": " << walk.incoming() << '\n';
///
/// While it goes, the walked tape is the innermost, and nothing else is recorded. A step() that throws is as if it had
/// not been taken; after a run() that threw, the walk refuses to go on. Either takes back what it recorded.
template <class T>
class Walk {
 public:
  /// Starts at `y`, whose adjoint is `cotangent`, of the same shape: 1 if it is not given and `y` has one element.
  /// Throws Error for another shape, for a `y` that does not stand on this tape, and for a tape that was consumed.
  Walk(Tape<T>& tape, const Tensor<T>& y, Tensor<T> cotangent = {}, WalkOptions options = {});
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Goes back to, and past, the next record that an adjoint has flowed to; false if there is none.
  bool step();
  /// Undoes the last step; false if there is none to undo, as after a run(). Throws Error unless the tape keeps all.
  bool back();
  /// Steps until `found` holds of the record just passed; false if the walk ends before.
  bool until(const std::function<bool(const Record<T>&)>& found);
  /// The record that the last step passed. Throws Error before the first, as do the two below.
  const Record<T>& record() const;
  /// The adjoint that stood at that record: what its derivative was given.
  const Tensor<T>& incoming() const;
  /// What its derivative added to the adjoint of its input number `input`; for a record that takes one tensor twice,
  /// the sum. Undefined if nothing flowed there.
  Tensor<T> outgoing(std::size_t input) const;

  /// Restricts the walk to what lies between `y` and these records, whose adjoints it keeps.
  void only_towards(std::span<const Index> targets);
  /// Takes the walk back to, and including, record `last`.
  void run(Index last);
  /// The adjoint of a leaf or a target once the walk is past it, of any record if the tape keeps all; undefined if
  /// nothing flowed there.
  Tensor<T> adjoint(Index record) const {
    return to_size(record) < adjoints_.size() ? adjoints_[to_size(record)] : Tensor<T>();
  }
  /// The sum of several records' adjoints, recorded under create_graph; undefined if nothing flowed to any.
  Tensor<T> adjoint_sum(std::span<const Index> records);
  /// The leaves that the walk reached, last first.
  const std::vector<Index>& leaves() const { return leaves_; }

  /// For the derivative of `checkpoint`: records `f` anew at the end of the tape and walks that part with the cotangent
  /// `dy`. Adjoints go where they would have gone had `f` been recorded in the first place, and in the same order.
  void rerun(const std::function<Tensor<T>()>& f, const Tensor<T>& dy);

 private:
  friend class Adjoints<T>;
  friend class Tape<T>;
  class Turn;

  /// An adjoint that a step added to.
  struct Flow {
    Index to;
    Tensor<T> before, added;
  };
  /// What a step did: enough to show it, and to undo it.
  struct Step {
    Index record;
    Tensor<T> arrived, incoming;  // before and after the hooks
    std::vector<Flow> flows;
    std::size_t leaves_before;
    Index size_before;
  };

  void check_not_failed() const;
  void undo(const Step& step);
  const Step& last_step() const;
  bool needs(Index record) const { return record >= 0 && (needed_.empty() || needed_[to_size(record)]); }
  bool keeps(Index record) const { return tape_.keeps_all() || (!target_.empty() && target_[to_size(record)]); }
  [[gnu::cold]] void inspect_arrival(const Record<T>& record);
  [[gnu::cold]] void inspect_flow(const Record<T>& record, std::size_t input, const Tensor<T>& adjoint);
  void note(Index record, const Tensor<T>& adjoint);
  void accumulate(Index record, Tensor<T>&& adjoint);
  void extend_needed(Index first);
  bool leads_to_target(const Record<T>& record) const;
  void run_hooks(Index record);
  void recompute_saved(Record<T>& record);
  void release(Index record);

  Tape<T>& tape_;
  const WalkOptions options_;
  Walk* outer_walk_;  // the next one over the same tape
  Index next_;
  std::vector<Tensor<T>> adjoints_;  // by record
  std::vector<bool> needed_;         // by record; empty: all
  std::vector<bool> target_;         // by record; empty: none
  std::vector<Index> leaves_;
  std::vector<Step> steps_;  // those taken by step(); only the last unless the tape keeps all
  bool stepping_ = false;
  bool failed_ = false;     // a run ended by an exception, half way through a record
  bool inspected_ = false;  // whether this step is noted, or asked about by conditions
};

extern template class Walk<float>;
extern template class Walk<double>;

}  // namespace ebb
