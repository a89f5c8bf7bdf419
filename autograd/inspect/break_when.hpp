#pragma once

#include <functional>
#include <limits>
#include <string>
#include <type_traits>

#include "../base/visibility.hpp"
#include "../tape.hpp"

// Stopping where something happens: `break_when(tape, non_finite())`. Under a debugger the program stops there and can
// be continued; without one, Break is thrown, from the operation or from the walk.

namespace ebb EBB_PUBLIC {

/// An event that a condition is asked about. A record meets its value first, then its adjoint, then the flows.
template <class T>
struct Event {
  EventKind kind;
  const Record<T>& record;
  const Tensor<T>& tensor;
  std::size_t input = 0;  ///< Of a flow: the number of the input.
};

/// Says why to stop at an event; nothing, to go on. One of your own:
///
///     break_when(tape, [](const ebb::Event<double>& event) {
///       const bool large = event.kind == ebb::EventKind::adjoint && max(abs(event.tensor)).item() > 500;
///       return std::string(large ? "an adjoint beyond 500" : "");
///     });
template <class T>
using Condition = std::function<std::string(const Event<T>&)>;

/// Stops the program where this condition holds, in operations that the tape records and in walks over it.
template <class T>
void break_when(Tape<T>& tape, std::type_identity_t<Condition<T>> condition);

// The ready-made conditions have names in lower case, because they read as functions. A condition may compute what it
// likes; nothing of that is recorded.

/// Stops when this op runs, forward and backward: `break_when(tape, op_is("softmax"))`.
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

/// Returns true if a debugger is attached to this process: anything that traces it, but for strace.
bool debugger_attached();

}  // namespace ebb
