#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/visibility.hpp"
#include "op.hpp"

namespace ebb EBB_PUBLIC {

/// The one door for whoever looks on while a tape records and is walked back: override the calls that you need, and
/// register with `tape.observe(observer)`. This prints a trace:
///
///     struct Trace : ebb::Observer<double> {
///       void recorded(const ebb::Record<double>& record, const ebb::Tensor<double>& value) override {
///         std::cout << record.op->name << " gave " << value << '\n';
///       }
///     };
///     tape.observe(std::make_shared<Trace>());
///
/// An observer may compute what it likes: nothing of that is recorded. What it throws ends the operation or the walk
/// under way, as an error of theirs would.
template <class T>
class Observer {
 public:
  virtual ~Observer() = default;

  /// An operation has run, and its record stands on the tape.
  virtual void recorded(const Record<T>& /*record*/, const Tensor<T>& /*value*/) {}
  /// A walk has come to a record with this adjoint of its result. Hooks have run; the derivative has not.
  virtual void reached(const Record<T>& /*record*/, const Tensor<T>& /*adjoint*/) {}
  /// The derivative of a record gave this to its input number `input`, where it is about to be added up.
  virtual void passed_on(const Record<T>& /*record*/, std::size_t /*input*/, const Tensor<T>& /*adjoint*/) {}
  /// A layer in this scope has called `announce(x)`: inside a checkpoint twice, first when its function runs (see
  /// Tape::in_checkpoint) and again when a walk runs it anew.
  virtual void announced(const std::string& /*scope*/, const Tensor<T>& /*x*/) {}
};

/// The calls of an observer that a condition to break at is asked about.
enum class EventKind {
  value,    ///< An op was recorded: its result.
  adjoint,  ///< The walk has come to a record: the adjoint of its result.
  flow,     ///< A derivative has run: the adjoint that it passes on to one input.
};

/// Thrown by an observer to stop there. The record stays on the tape, to be looked at; its number is -1 if it was one
/// that a walk made for a while (when it ran a checkpoint's function anew, say). A walk that was under way has changed
/// no parameter.
struct Break : Error {
  Break(const std::string& message, Slot where, EventKind kind_)
      : Error(message), tape(where.tape), record(where.record), kind(kind_) {}
  std::uint64_t tape;
  Index record;
  EventKind kind;
};

/// If not 0, every tape has one observer more, which stops at the first NaN or infinity; if 2, only while a debugger is
/// attached. It is for debuggers to set; the environment variable EBB_BREAK_AT_NON_FINITE=1 sets it to 1.
extern int break_at_non_finite;
/// The observer that this adds; inspect/break_when.cpp has it.
template <class T>
Observer<T>& non_finite_observer();

}  // namespace ebb
