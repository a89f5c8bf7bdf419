#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/key.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// Zeroes each element with this probability, and divides the others by 1 - probability. The same key drops the same
/// elements.
template <class T>
Tensor<T> dropout(const Operand<T>& x, double probability, Key key, SourceLocation at = SourceLocation::current());

}  // namespace ebb
