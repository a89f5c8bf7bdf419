#include "scope.hpp"

#include <unordered_set>

namespace ebb {

namespace {

// One per thread. Names are kept for good: a model has few, and records refer to them by address.
struct Context {
  std::unordered_set<std::string> names{""};
  const std::string* name = &*names.begin();
  SourceLocation caller;
  bool recording = true;
};

Context& context() {
  thread_local Context here;
  return here;
}

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
  context().name = outer_name_;
  context().caller = outer_caller_;
}

const std::string& Scope::current() { return *context().name; }

SourceLocation Scope::caller_or(SourceLocation line) { return context().caller.known() ? context().caller : line; }

RecordingScope::RecordingScope(bool recording) : outer_(context().recording) { context().recording = recording; }
RecordingScope::~RecordingScope() { context().recording = outer_; }
bool RecordingScope::recording() { return context().recording; }

}  // namespace ebb
