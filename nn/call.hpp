#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/scope.hpp"
#include "../autograd/tensor.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The name of a field, and the line on which the user called it: `call("head", head, x)`, or, in a layer that was told
/// its caller's line, `call({"query", at}, query, x)`.
struct FieldName {
  FieldName(const char* field, SourceLocation line = SourceLocation::current()) : name(field), at(line) {}
  const char* name;
  SourceLocation at;
};

/// Calls a layer inside the scope of its name, so that what it records is found under the path of its parameters.
template <class Layer, class... Arguments>
auto call(FieldName field, const Layer& layer, const Arguments&... arguments) {
  Scope scope(field.name, field.at);
  return layer(arguments...);
}

/// Calls a layer with the key if it takes one, else without.
template <class Layer, class X, class... Arguments>
auto call_with_key(const Layer& layer, const X& x, std::optional<Key> key, const Arguments&... arguments) {
  if constexpr (std::is_invocable_v<const Layer&, const X&, std::optional<Key>, const Arguments&...>)
    return layer(x, key, arguments...);
  else
    return layer(x, arguments...);
}

/// Calls layers one after the other, each on what the one before returned, in the scopes "name.0", "name.1", ... Layer
/// i gets key.child(i), if there is a key, and the other arguments as they are.
template <class Layer, class T, class... Arguments>
Tensor<T> call(FieldName field, const std::vector<Layer>& layers, Tensor<T> x, std::optional<Key> key = {},
               const Arguments&... arguments) {
  Scope scope(field.name, field.at);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Scope inner(std::to_string(i));
    x = call_with_key(layers[i], x, key ? std::optional(key->child(i)) : std::nullopt, arguments...);
  }
  return x;
}

}  // namespace nn
}  // namespace ebb
