#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "activation.hpp"
#include "call.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Layers, activations or functions, one after the other, each called on the result of the one before. The layers are
/// named "0", "1", ... by their places. A layer that has a name already is moved in.
///
///     const auto halve = [](const ebb::Tensor<float>& x) { return x / 2; };
///     ebb::nn::Sequential net(ebb::nn::Linear(2, 16, generator), ebb::nn::Activation::tanh, halve, std::move(last));
template <class... Layers>
struct Sequential {
  explicit Sequential(Layers... in_order) : layers(std::move(in_order)...) {}

  /// Layer i gets key.child(i), if there is a key and the layer takes one.
  template <class X>
  auto operator()(const X& x, std::optional<Key> key = {}, SourceLocation at = SourceLocation::current()) const {
    Scope caller("", at);
    return run<0>(x, key);
  }
  void visit(auto& field) const { visit_from<0>(field); }

  std::tuple<Layers...> layers;

 private:
  template <std::size_t i, class X>
  auto run(const X& x, std::optional<Key> key) const {
    if constexpr (i == sizeof...(Layers)) {
      return x;
    } else {
      return run<i + 1>(in_scope<i>(x, key), key);
    }
  }
  template <std::size_t i, class X>
  auto in_scope(const X& x, std::optional<Key> key) const {
    Scope scope(std::to_string(i));
    const auto& layer = std::get<i>(layers);
    if constexpr (std::is_same_v<decltype(layer), const Activation&>)
      return activate(layer, x);
    else
      return call_with_key(layer, x, key ? std::optional(key->child(i)) : std::nullopt);
  }
  template <std::size_t i, class Field>
  void visit_from(Field& field) const {
    if constexpr (i < sizeof...(Layers)) {
      using Layer = std::tuple_element_t<i, std::tuple<Layers...>>;
      if constexpr (requires { std::get<i>(layers).visit(field); })
        field(std::to_string(i), std::get<i>(layers));
      else  // what holds a parameter cannot be copied
        static_assert(std::is_copy_constructible_v<Layer>,
                      "this layer holds parameters, but does not list them: it needs a function "
                      "void visit(auto& field) const { field(\"weight\", weight); }");
      visit_from<i + 1>(field);
    }
  }
};

}  // namespace nn
}  // namespace ebb
