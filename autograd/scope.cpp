#include "scope.hpp"

#include <unordered_set>
#include <utility>

namespace ebb {

namespace {

constexpr std::size_t most_names = 4096;  // more are dropped when no tape needs them

// One per thread. Records refer to names by address.
struct Context {
  const std::string no_name;
  std::unordered_set<std::string> names;
  const std::string* name = &no_name;
  SourceLocation caller;
  bool recording = true;
  int tapes = 0;
};

// A plain pointer, which is there as long as the thread: layers may be used by objects with static storage after the
// thread's own objects are gone. A tape with static storage keeps the context.
thread_local Context* this_threads_context = nullptr;

[[gnu::noinline]] Context& begin_context() {
  struct Owner {
    ~Owner() {
      if (this_threads_context->tapes == 0) delete std::exchange(this_threads_context, nullptr);
    }
  };
  this_threads_context = new Context;
  thread_local const Owner owner;
  (void)owner;
  return *this_threads_context;
}

Context& context() { return this_threads_context != nullptr ? *this_threads_context : begin_context(); }

}  // namespace

Scope::Scope(std::string_view name, SourceLocation caller)
    : outer_name_(context().name), outer_caller_(context().caller) {
  Context& here = context();
  std::string joined = *here.name;
  if (!joined.empty() && !name.empty()) joined += '.';
  joined += name;
  here.name = &*here.names.insert(std::move(joined)).first;
  if (!here.caller.known()) here.caller = caller;
}

Scope::Scope(const std::string* full_name, SourceLocation caller)
    : outer_name_(context().name), outer_caller_(context().caller) {
  context().name = full_name;
  context().caller = caller;
}

Scope::~Scope() {
  Context& here = context();
  here.name = outer_name_;
  here.caller = outer_caller_;
  if (here.name == &here.no_name && here.tapes == 0 && here.names.size() > most_names) here.names.clear();
}

const std::string& Scope::current() { return *context().name; }

SourceLocation Scope::caller_or(SourceLocation line) {
  const Context& here = context();
  return here.caller.known() ? here.caller : line;
}

KeptScopeNames::KeptScopeNames() { ++context().tapes; }
KeptScopeNames::~KeptScopeNames() { --context().tapes; }

RecordingScope::RecordingScope(bool recording) : outer_(context().recording) { context().recording = recording; }
RecordingScope::~RecordingScope() { context().recording = outer_; }
bool RecordingScope::recording() { return context().recording; }

}  // namespace ebb
