#pragma once

#include "../ops/ops.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The non-linear function between two linear maps, by name.
enum class Activation { identity, relu, gelu, gelu_tanh, silu, tanh, sigmoid };

template <class T>
Tensor<T> activate(Activation activation, const Tensor<T>& x, SourceLocation at = SourceLocation::current());

}  // namespace nn
}  // namespace ebb
