#pragma once

#include <optional>

#include "activation.hpp"
#include "linear.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct FeedForwardOptions {
  Activation activation = Activation::gelu;
  bool gated = false;  ///< down(activation(gate(x)) * up(x)): SwiGLU with silu, GEGLU with gelu (Shazeer 2020).
  bool bias = true;
  Init init = Init::xavier_uniform();
  double up_scale = 1;      ///< Of the initial weight of `up`.
  double output_scale = 1;  ///< Of the initial weight of `down`: depth_scale(layers) in a deep residual stack.
};

/// A linear layer up to the hidden width, an activation, and a linear layer back down: [..., width] -> [..., width].
template <class T = float>
struct FeedForward {
  FeedForward(Index width, Index hidden, Generator& generator, FeedForwardOptions options = {});
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gate", gate), field("up", up), field("down", down); }

  std::optional<Linear<T>> gate;
  Linear<T> up, down;
  Activation activation;
};

extern template struct FeedForward<float>;
extern template struct FeedForward<double>;

}  // namespace nn
}  // namespace ebb
