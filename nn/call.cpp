#include "call.hpp"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/base/type_name.h"
#include "../autograd/called_at.h"

namespace ebb::nn {

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

void throw_caches(std::size_t caches, std::size_t layers) {
  throw Error(fmt::format("call(): {} layers need a cache each, and there are {}", layers, caches));
}

LayerScope::LayerScope(const Caller& model, const void* layer, const std::type_info& type)
    : layer_(layer), type_(type), at_(model.at_) {
  model.visit_(model.model_, *this);
  if (!scope_)
    throw error_at(fmt::format("the visit function of {} does not list the layer that it calls, which is of type {}; "
                               "add field(\"name\", layer) to it, and call the field itself",
                               name_of(model.type_), name_of(type)),
                   at_);
}

}  // namespace ebb::nn
