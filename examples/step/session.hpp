#pragma once

#include <memory>
#include <string>
#include <vector>

#include "programs.hpp"

namespace step {

/// A place along a tape, forward and back: first each of its records, as the program makes them; then the same tape
/// from the other end, one step of the walk after another. The program has run before; what moves is the eye.
class Session {
 public:
  explicit Session(const Program& program);

  const Program& program() const { return program_; }
  const Tape& tape() const { return tape_; }

  /// From 0 to size() - 1: the forward pass, then the walk back.
  Index position() const { return position_; }
  Index size() const { return forward_size() + backward_size(); }
  Index forward_size() const { return tape_.size(); }
  Index backward_size() const { return static_cast<Index>(order_.size()); }
  bool forward() const { return position_ < forward_size(); }
  void go(Index position);
  /// To the end of this pass; from the end of the last one, to the start.
  void finish();
  /// To the next record whose op or name is this text, or else contains it; false, and no move, if there is none ahead.
  bool run_to(const std::string& text);

  /// The record at this position, and at another.
  const Record& record() const { return record_at(position_); }
  const Record& record_at(Index position) const;
  /// The variable that holds the record's value; empty if it has none of its own.
  const std::string& name(Index record) const { return names_[ebb::to_size(record)]; }
  /// "#2 product", "#2"
  std::string reference(Index record) const;

  /// Whether the record has been made at this position.
  bool made(Index record) const { return !forward() || record <= position_; }
  /// Whether the walk back has come to the record, so that nothing more can be added to its gradient.
  bool passed(Index record) const { return !forward() && record >= this->record().slot.record; }
  /// What has flowed to the record so far; undefined if nothing has.
  Tensor gradient(Index record) const;
  /// The step that the walk back took last. Null in the forward pass.
  const ebb::Walk<double>* walk() const { return walk_.get(); }

  /// `ebb::explain` at this position's record.
  std::string explain() const;

 private:
  std::string find_name(const Record& record) const;

  const Program& program_;
  Tape tape_{{.keep_all = true}};
  Tensor result_;
  std::vector<Index> order_;  // in which the walk back passes the records
  std::vector<std::string> names_;
  std::unique_ptr<ebb::Walk<double>> walk_;
  Index position_ = 0;
};

/// "programs.cpp:12"
std::string place_of(const Record& record);

}  // namespace step
