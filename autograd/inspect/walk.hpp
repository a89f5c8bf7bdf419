#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "../base/visibility.hpp"
#include "../tape.hpp"

namespace ebb EBB_PUBLIC {

/// The backward walk over a tape by hand, one record at a time, from the last record to the first. It leaves
/// parameters' gradients alone:
///
///     ebb::Tape<double> tape({.keep_all = true});
///     auto loss = sum(tanh(tape.watch(x)));
///     ebb::Walk walk(tape, loss);
///     while (walk.step()) std::cout << walk.record().op->name << ": " << walk.incoming() << '\n';
///
/// It runs the very loop that `Tape::backward` and `grad` run to its end. While it goes, the walked tape is the
/// innermost, and nothing else is recorded. A step() that throws is as if it had not been taken; after a run() that
/// threw, the walk refuses to go on. Either takes back the records that it made. A walk also refuses to go on (throws
/// Error) once backward() has freed the tape or the tape has ended, and from a hook or observer that it called itself.
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
  /// Takes the walk back to, and including, record `last`. Throws Error if it is negative.
  void run(Index last);

  /// The record that the last step passed. Throws Error before the first, as do the two below.
  const Record<T>& record() const;
  /// The adjoint that stood at that record, which its derivative was given.
  const Tensor<T>& incoming() const;
  /// The adjoint that its derivative passed on to its input number `input`; for a record that takes one tensor twice,
  /// the sum. Undefined if nothing flowed there.
  Tensor<T> outgoing(std::size_t input) const;

  /// The adjoint of a leaf once the walk is past it, of any record if the tape keeps all; undefined if nothing flowed
  /// there. Throws Error if there is no such record.
  Tensor<T> adjoint(Index record) const;
  /// The leaves that the walk reached, last first.
  const std::vector<Index>& leaves() const;

 private:
  class Log;

  Tape<T>& tape_;
  std::unique_ptr<ReverseSweep<T>> sweep_;
  std::unique_ptr<Log> log_;  // of the steps taken: enough to show them, and to undo them
};

extern template class Walk<float>;
extern template class Walk<double>;

}  // namespace ebb
