#pragma once

#include <optional>

#include "call.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// x + layer(x), for a layer that keeps the shape: Residual(FeedForward<>(64, 256, generator)).
template <class Layer>
struct Residual {
  explicit Residual(Layer inner) : layer(std::move(inner)) {}

  template <class T>
  Tensor<T> operator()(const Tensor<T>& x, std::optional<Key> key = {},
                       SourceLocation at = SourceLocation::current()) const {
    const LayerScope scope({*this, at}, layer);
    return x + call_with_key(layer, x, key);
  }
  void visit(auto& field) const { field("layer", layer); }

  Layer layer;
};

}  // namespace nn
}  // namespace ebb
