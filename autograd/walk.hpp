#pragma once

#include <functional>
#include <vector>

#include "scope.hpp"
#include "tape.hpp"
#include "visibility.hpp"

namespace ebb EBB_PUBLIC {

struct WalkOptions {
  /// Records the derivatives' own operations, so that they can be differentiated in turn.
  bool create_graph = false;
  /// Frees each record's saved values when the walk has passed it.
  bool consume = false;
};

/// The backward walk over a tape, from the last record to the first: one loop over an index that counts down.
/// `Tape::backward` and `grad` run it; nothing is recorded meanwhile unless `create_graph` asks for it. A walk that
/// ends by an exception takes back what it recorded.
template <class T>
class Walk {
 public:
  /// Starts at `y`, whose adjoint is `cotangent` (of the same shape).
  Walk(Tape<T>& tape, const Tensor<T>& y, Tensor<T> cotangent, WalkOptions options);
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Restricts the walk to what lies between `y` and these records, whose adjoints it keeps.
  void only_towards(std::span<const Index> targets);
  /// Takes the walk back to, and including, record `last`.
  void run(Index last);
  /// The adjoint of a leaf or a target once the walk is past it; undefined if nothing flowed there.
  const Tensor<T>& adjoint(Index record) const { return adjoints_[to_size(record)]; }
  /// The leaves that the walk reached, last first.
  const std::vector<Index>& leaves() const { return leaves_; }

  /// For the derivative of `checkpoint`: records `f` anew at the end of the tape and walks that part with the cotangent
  /// `dy`. Adjoints go where they would have gone had `f` been recorded in the first place, and in the same order.
  void rerun(const std::function<Tensor<T>()>& f, const Tensor<T>& dy);

 private:
  friend class Adjoints<T>;

  bool needs(Index record) const { return record >= 0 && (needed_.empty() || needed_[to_size(record)]); }
  bool keeps(Index record) const { return tape_.keeps_all() || (!target_.empty() && target_[to_size(record)]); }
  void accumulate(Index record, Tensor<T> adjoint);
  void extend_needed(Index first);
  bool leads_to_target(const Record<T>& record) const;
  void run_hooks(Index record);
  void recompute_saved(Record<T>& record);
  void release(Index record);

  Tape<T>& tape_;
  const WalkOptions options_;
  const bool tape_was_recording_;
  const Index size_before_;
  const int exceptions_before_;
  Tape<T>* inner_tape_;                   // the walked tape stands in for it meanwhile
  RecordingScope recording_scope_{true};  // whether anything is recorded is the walk's business alone
  Index next_;
  std::vector<Tensor<T>> adjoints_;  // by record
  std::vector<bool> needed_;         // by record; empty: all
  std::vector<bool> target_;         // by record; empty: none
  std::vector<Index> leaves_;
};

extern template class Walk<float>;
extern template class Walk<double>;

}  // namespace ebb
