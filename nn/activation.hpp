#pragma once

#include "../ops/ops.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The names of activations, the functions between two linear layers.
enum class Activation { identity, relu, gelu, gelu_tanh, silu, tanh, sigmoid };

/// Applies the op of this name to each element.
template <class T>
Tensor<T> activate(Activation activation, const Tensor<T>& x, SourceLocation at = SourceLocation::current());

}  // namespace nn
}  // namespace ebb
