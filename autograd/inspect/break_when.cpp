#include "break_when.hpp"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "../called_at.h"
#include "../norm.hpp"
#include "bundle.h"

namespace ebb EBB_PUBLIC {

namespace {

int asked_by_environment() {
  const char* value = std::getenv("EBB_BREAK_AT_NON_FINITE");
  return value != nullptr && std::string(value) == "1" ? 1 : 0;
}

/// The words of a message for the tensor that an event is about: "its value", ...
template <class T>
std::string subject(const Event<T>& event) {
  switch (event.kind) {
    case EventKind::value:
      return "its value";
    case EventKind::adjoint:
      return "the adjoint that arrived";
    case EventKind::flow:
      break;
  }
  return fmt::format("what its derivative passes on to input {}", event.input);
}

template <class T>
std::string record_and_place(const Record<T>& record) {
  return fmt::format("record {} ({}), {}", record.slot.record, record.op->name, called_at(record.where, *record.scope));
}

template <class T>
Index first_non_finite(const Tensor<T>& x) {
  for (Index i = 0; i < x.size(); ++i)
    if (!std::isfinite(x.data()[i])) return i;
  return -1;
}

/// Where a debugger comes to a halt; `up` leads to the operation or the walk. Continuing goes on with the program. The
/// reason stays in the register of a first argument, where a debugger finds it without debug information too.
[[gnu::noinline]] void stop_in_debugger([[maybe_unused]] const char* reason) {
#if defined(__GNUC__) && defined(__x86_64__)
  asm volatile("int3" ::"D"(reason));
#else
  std::raise(SIGTRAP);
#endif
}

/// The first word behind "KEY:" in a file of lines "KEY: ..."; empty if there is none.
std::string field_of(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string word; in >> word;)
    if (word == key + ':' && in >> word) return word;
  return {};
}

}  // namespace

int break_at_non_finite = asked_by_environment();

bool debugger_attached() {
  const std::string tracer = field_of("/proc/self/status", "TracerPid");
  return !tracer.empty() && tracer != "0" && field_of("/proc/" + tracer + "/status", "Name") != "strace";
}

template <class T>
std::string op_is::operator()(const Event<T>& event) const {
  if (event.kind == EventKind::flow || name != event.record.op->name) return {};
  return event.kind == EventKind::value ? name + " has run" : "its derivative is about to run";
}

template <class T>
std::string in_scope::operator()(const Event<T>& event) const {
  const std::string& scope = *event.record.scope;
  const bool within = scope == name || (scope.starts_with(name) && scope[name.size()] == '.');
  if (event.kind == EventKind::flow || !within) return {};
  return event.kind == EventKind::value ? "an op has run in " + scope : "the walk has come to " + scope;
}

template <class T>
std::string non_finite::operator()(const Event<T>& event) const {
  const Index i = first_non_finite(event.tensor);
  if (i < 0) return {};
  const T value = event.tensor.data()[i];
  std::string reason =
      fmt::format("{}, of shape {}, is {} at element {}", subject(event), to_string(event.tensor.shape()),
                  std::isnan(value) ? "nan"
                  : value < 0       ? "-inf"
                                    : "inf",
                  i);
  if (!bundle.empty()) reason += "; " + write_bundle(event, reason, bundle);
  return reason;
}

template <class T>
std::string gradient_norm::operator()(const Event<T>& event) const {
  if (!(below <= above)) throw Error(fmt::format("gradient_norm: no norm is within {} and {}", below, above));
  if (event.kind != EventKind::adjoint) return {};
  const double norm = norm_of(event.tensor.value());
  if (norm < below) return fmt::format("the norm of the gradient, {:.3g}, is below {:.3g}", norm, below);
  if (!(norm <= above))
    return fmt::format("the norm of the gradient, {:.3g}, is {} {:.3g}", norm,
                       std::isnan(norm) ? "not within" : "above", above);
  return {};
}

namespace {

/// Asks one condition, as an observer of a tape.
template <class T>
class Asking : public Observer<T> {
 public:
  explicit Asking(Condition<T> condition) : condition_(std::move(condition)) {}

  void recorded(const Record<T>& record, const Tensor<T>& value) override { ask({EventKind::value, record, value}); }
  void reached(const Record<T>& record, const Tensor<T>& adjoint) override {
    ask({EventKind::adjoint, record, adjoint});
  }
  void passed_on(const Record<T>& record, std::size_t input, const Tensor<T>& adjoint) override {
    ask({EventKind::flow, record, adjoint, input});
  }

 private:
  void ask(const Event<T>& event) const {
    const std::string reason = condition_(event);
    if (reason.empty()) return;
    const std::string message = fmt::format("break at {}: {}", record_and_place(event.record), reason);
    if (!debugger_attached()) throw Break(message, event.record.slot, event.kind);
    stop_in_debugger(message.c_str());
  }

  Condition<T> condition_;
};

}  // namespace

template <class T>
void break_when(Tape<T>& tape, std::type_identity_t<Condition<T>> condition) {
  if (condition == nullptr) throw Error("break_when() got no condition");
  tape.observe(std::make_shared<Asking<T>>(std::move(condition)));
}

template <class T>
Observer<T>& non_finite_observer() {
  static Asking<T> observer([](const Event<T>& event) {
    std::string reason = non_finite()(event);
    if (break_at_non_finite == 2 && !reason.empty() && !debugger_attached()) reason.clear();
    return reason;
  });
  return observer;
}

#define EBB_INSTANTIATE(T)                                               \
  template std::string op_is::operator()(const Event<T>&) const;         \
  template std::string in_scope::operator()(const Event<T>&) const;      \
  template std::string non_finite::operator()(const Event<T>&) const;    \
  template std::string gradient_norm::operator()(const Event<T>&) const; \
  template void break_when(Tape<T>&, Condition<T>);                      \
  template Observer<T>& non_finite_observer();
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
