#pragma once

#include <memory>
#include <string>
#include <vector>

#include "programs.hpp"

namespace step {

/// A position along the forward pass and the backward walk of a program. The forward pass has a position for each
/// record, in the order in which the program made them; the walk has one for each of its steps. The program runs once,
/// before the first position; from then on only the position changes.
class Session {
 public:
  explicit Session(const Program& program);

  const Program& program() const { return program_; }
  const Tape& tape() const { return tape_; }

  /// Returns a number from 0 to size() - 1. The forward pass comes first, then the backward walk.
  Index position() const { return position_; }
  Index size() const { return forward_size() + backward_size(); }
  Index forward_size() const { return tape_.size(); }
  Index backward_size() const { return static_cast<Index>(order_.size()); }
  bool forward() const { return position_ < forward_size(); }
  void go(Index position);
  /// Goes to the end of the forward pass; from there, to the end of the backward walk; from there, to the start.
  void finish();
  /// Goes to the next record whose op or name is this text or, if there is none ahead, contains it. Returns false, and
  /// stays, if there is none of these either.
  bool run_to(const std::string& text);

  /// Returns the record at this position.
  const Record& record() const { return record_at(position_); }
  const Record& record_at(Index position) const;
  /// Returns the name of the variable that holds the record's value; empty if it has none of its own.
  const std::string& name(Index record) const { return names_[ebb::to_size(record)]; }
  /// "#2 product", "#2"
  std::string reference(Index record) const;

  /// Returns true if the record has been made at this position.
  bool made(Index record) const { return !forward() || record <= position_; }
  /// Returns true if the backward walk has come to the record, so that nothing more can be added to its gradient.
  bool passed(Index record) const { return !forward() && record >= this->record().slot.record; }
  /// Returns the gradient that has flowed to the record so far; undefined if none has.
  Tensor gradient(Index record) const;
  /// Returns the backward walk after its last step; null in the forward pass.
  const ebb::Walk<double>* walk() const { return walk_.get(); }

  /// Returns the text of `ebb::explain` for the record at this position.
  std::string explain() const;

 private:
  std::string find_name(const Record& record) const;

  const Program& program_;
  Tape tape_{{.keep_all = true}};
  Tensor result_;
  std::vector<Index> order_;  // of the records in the backward walk
  std::vector<std::string> names_;
  std::unique_ptr<ebb::Walk<double>> walk_;
  Index position_ = 0;
};

/// "programs.cpp:12"
std::string place_of(const Record& record);

}  // namespace step
