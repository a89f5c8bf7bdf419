#pragma once

#include "activation.hpp"
#include "linear.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct FeedForwardOptions {
  Activation activation = Activation::gelu;
  bool bias = true;
  Init init = Init::xavier_uniform();
  double output_scale = 1;  ///< Of the initial weight of `down`: depth_scale(layers) in a deep residual stack.
};

/// A linear layer up to the hidden width, an activation, and a linear layer back down: [..., width] -> [..., width].
template <class T = float>
struct FeedForward {
  FeedForward(Index width, Index hidden, Generator& generator, FeedForwardOptions options = {});
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("up", up), field("down", down); }

  Linear<T> up, down;
  Activation activation;
};

extern template struct FeedForward<float>;
extern template struct FeedForward<double>;

}  // namespace nn
}  // namespace ebb
