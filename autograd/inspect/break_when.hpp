#pragma once

#include <functional>
#include <limits>
#include <string>

#include "../base/visibility.hpp"
#include "../op.hpp"

// Stopping where something happens: `tape.break_when(non_finite())`. Under a debugger the program stops there and can
// be continued; without one, Break is thrown, from the operation or from the walk.

namespace ebb EBB_PUBLIC {

/// What a condition is asked about, in the order in which a record meets them.
enum class Moment {
  value,    ///< An op has run: its result.
  adjoint,  ///< The walk has come to a record: the adjoint of its result, before its derivative runs.
  flow,     ///< A derivative has run: what it adds to the adjoint of one input.
};

template <class T>
struct Event {
  Moment moment;
  const Record<T>& record;
  const Tensor<T>& tensor;
  std::size_t input = 0;  ///< Of a flow: the number of the input.
};

/// Says why to stop at an event; nothing, to go on.
template <class T>
using Condition = std::function<std::string(const Event<T>&)>;

/// What is thrown where a condition holds and no debugger is attached. The record stays on the tape, to be looked at;
/// its number is -1 if it was one that a walk made for a while (in a checkpoint's function run anew, say). A walk that
/// was under way has changed no parameter.
struct Break : Error {
  Break(const std::string& message, Index record_, Moment moment_) : Error(message), record(record_), moment(moment_) {}
  Index record;
  Moment moment;
};

// The conditions there are: names in lower case, since they read as functions, `tape.break_when(non_finite())`. A
// condition may compute what it likes; nothing of that is recorded.

/// Stops when this op runs, forward and backward: `tape.break_when(op_is("softmax"))`.
struct op_is {
  explicit op_is(std::string op) : name(std::move(op)) {}
  template <class T>
  std::string operator()(const Event<T>& event) const;
  std::string name;
};

/// Stops in this scope and those within it, forward and backward: "blocks.3" holds for "blocks.3.attention".
struct in_scope {
  explicit in_scope(std::string scope) : name(std::move(scope)) {}
  template <class T>
  std::string operator()(const Event<T>& event) const;
  std::string name;
};

/// Stops at the first NaN or infinity, forward or backward.
struct non_finite {
  template <class T>
  std::string operator()(const Event<T>& event) const;
  /// If given: a folder that is to hold what it takes to repeat that one operation, namely its inputs as .npy files
  /// and a small program. The tape must keep all.
  std::string bundle = {};
};

/// Stops at a gradient whose norm leaves these bounds, or is NaN.
struct gradient_norm {
  template <class T>
  std::string operator()(const Event<T>& event) const;
  double below = 0, above = std::numeric_limits<double>::infinity();
};

/// If not 0, every tape stops at the first NaN or infinity; if 2, only while a debugger is attached. For debuggers to
/// set; the environment variable EBB_BREAK_AT_NON_FINITE=1 sets it to 1.
extern int break_at_non_finite;

/// Whether a debugger is attached to this process: whatever traces it, but for strace.
bool debugger_attached();

}  // namespace ebb
