#include "call.hpp"

#include <cxxabi.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>

#include "../autograd/called_at.h"

namespace ebb::nn {

namespace {

/// The type as C++ spells it.
std::string name_of(const std::type_info& type) {
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr),
                                                         &std::free);
  return name != nullptr ? name.get() : type.name();
}

}  // namespace

void LayerScope::open(const Path& path) {
  if (path.outer == nullptr) {  // by far the most frequent case: no string has to be made
    scope_.emplace(path.name, at_);
    return;
  }
  std::string joined(path.name);
  for (const Path* outer = path.outer; outer != nullptr; outer = outer->outer)
    joined.insert(0, ".").insert(0, outer->name);
  scope_.emplace(joined, at_);
}

LayerScope::LayerScope(const Caller& model, const void* layer, const std::type_info& type)
    : layer_(layer), type_(type), at_(model.at_) {
  model.visit_(model.model_, *this);
  if (!scope_)
    throw error_at(fmt::format("the visit function of {} does not list the layer that it calls, which is of type {}; "
                               "add field(\"name\", layer) to it, and call the field itself, not a copy",
                               name_of(model.type_), name_of(type)),
                   at_);
}

}  // namespace ebb::nn
