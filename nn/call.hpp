#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/parameter.hpp"
#include "../autograd/scope.hpp"
#include "../ops/random.hpp"
#include "key_value_cache.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

class LayerScope;

/// The model that calls one of its layers, and the line on which the user called the model: made from the first
/// argument of `call`.
class Caller {
 public:
  template <class Model>
  requires requires(const Model& model, LayerScope& scope) { model.visit(scope); }
  Caller(const Model& model, SourceLocation at = SourceLocation::current())
      : model_(&model),
        type_(typeid(Model)),
        visit_([](const void* visited, LayerScope& scope) { static_cast<const Model*>(visited)->visit(scope); }),
        at_(at) {}

 private:
  friend class LayerScope;

  const void* model_;
  const std::type_info& type_;
  void (*visit_)(const void* model, LayerScope& scope);
  SourceLocation at_;
};

/// The scope of one of a model's layers, open for as long as this object lives. The name is found, not given: it is the
/// one under which the model's `visit` lists the layer. `call` opens it; by itself it serves for other functions of a
/// layer than its call:
///
///     const ebb::nn::LayerScope scope(model, table);
///     return table.logits(x);
class LayerScope {
 public:
  /// Throws Error if the model's `visit` does not list this layer.
  template <class Layer>
  LayerScope(const Caller& model, const Layer& layer) : LayerScope(model, &layer, typeid(Layer)) {}

  // The search: the model's `visit` calls these with its fields, and each field passes on its own.
  template <class Layer>
  void operator()(std::string_view name, const Layer& layer) {
    search(name, layer, [&] {
      if constexpr (requires { layer.visit(*this); }) layer.visit(*this);
    });
  }
  template <class Layer>
  void operator()(std::string_view name, const std::vector<Layer>& layers) {
    search(name, layers, [&] {
      for (std::size_t i = 0; i < layers.size() && !scope_; ++i) (*this)(std::to_string(i), layers[i]);
    });
  }
  template <MayHoldALayer Holder>
  void operator()(std::string_view name, const Holder& holder) {
    if (holder) (*this)(name, *holder);
  }
  template <class T>
  void operator()(std::string_view, const Parameter<T>&) {}

 private:
  /// The names of the field that is being visited and of those around it.
  struct Path {
    const Path* outer;
    std::string_view name;
  };

  LayerScope(const Caller& model, const void* layer, const std::type_info& type);

  /// Opens the scope if this field is the layer, else looks for the layer among the fields of this one. The type is
  /// compared too, since a struct and its first field have the same address.
  template <class Field, class VisitFields>
  void search(std::string_view name, const Field& field, VisitFields visit_fields) {
    if (scope_) return;
    const Path path{outer_, name};
    if (&field == layer_ && typeid(Field) == type_) return open(path);
    outer_ = &path;
    visit_fields();
    outer_ = path.outer;
  }
  void open(const Path& path);

  const void* layer_;
  const std::type_info& type_;
  SourceLocation at_;
  const Path* outer_ = nullptr;
  std::optional<Scope> scope_;
};

/// Calls one of a model's layers inside the scope of the layer's name, so that its records are found under the same
/// path as its parameters. The name is the one under which the model's `visit` lists the layer:
///
///     struct Classifier {
///       ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const { return call(*this, head, tanh(x)); }
///       void visit(auto& field) const { field("head", head); }
///       ebb::nn::Linear<float> head;
///     };
///
/// The layer may be an element of a vector ("blocks.3"), what an optional or a pointer holds, or a field of a field
/// ("encoder.head"). Throws Error if `visit` does not list it. A layer that was told its user's line passes it on:
/// `call({*this, at}, head, x)`. Where no argument is of ebb's types, write `ebb::call`.
template <class Layer, class... Arguments>
auto call(const Caller& model, const Layer& layer, const Arguments&... arguments) {
  const LayerScope scope(model, layer);
  if constexpr (std::is_invocable_v<const Layer&, const Arguments&...>)
    return layer(arguments...);
  else
    static_assert(sizeof(Layer) == 0,
                  "the layer does not take these arguments: it needs an operator()(...) const for them");
}

[[noreturn]] void throw_caches(std::size_t caches, std::size_t layers);

/// Calls a layer with the key if it takes one, else without.
template <class Layer, class X, class... Arguments>
auto call_with_key(const Layer& layer, const X& x, std::optional<Key> key, const Arguments&... arguments) {
  if constexpr (std::is_invocable_v<const Layer&, const X&, std::optional<Key>, const Arguments&...>)
    return layer(x, key, arguments...);
  else if constexpr (std::is_invocable_v<const Layer&, const X&, const Arguments&...>)
    return layer(x, arguments...);
  else
    static_assert(sizeof(Layer) == 0, "the layer does not take this input: it needs an operator()(x) const for it");
}

/// Calls a vector of layers one after the other, each on the result of the one before, in the scopes "blocks.0",
/// "blocks.1", ... Layer i gets key.child(i), if there is a key, and the other arguments as they are.
template <class Layer, class T, class... Arguments>
Tensor<T> call(const Caller& model, const std::vector<Layer>& layers, Tensor<T> x, std::optional<Key> key = {},
               const Arguments&... arguments) {
  const LayerScope scope(model, layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Scope inner(std::to_string(i));
    const std::optional<Key> own = key ? std::optional(key->child(i)) : std::nullopt;
    if constexpr (!MayHoldALayer<Layer>)
      x = call_with_key(layers[i], x, own, arguments...);
    else if (layers[i])
      x = call_with_key(*layers[i], x, own, arguments...);
  }
  return x;
}

/// The same for layers with a cache each: layer i is called with caches[i]. Throws Error unless there are as many.
template <class Layer, class T>
Tensor<T> call(const Caller& model, const std::vector<Layer>& layers, Tensor<T> x,
               std::vector<KeyValueCache<T>>& caches) {
  if (caches.size() != layers.size()) throw_caches(caches.size(), layers.size());
  std::vector<KeyValueCache<T>> longer = caches;
  const LayerScope scope(model, layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Scope inner(std::to_string(i));
    x = layers[i](x, longer[i]);
  }
  caches = std::move(longer);  // of all layers or, if one throws, of none
  return x;
}

}  // namespace nn

using nn::call;  // so that it is found for layers outside ebb too, by the tensors that they take
}  // namespace ebb
