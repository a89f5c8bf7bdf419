#pragma once

#include <concepts>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Along the last axis.
namespace ebb EBB_PUBLIC {

/// gain (x - mean) / sqrt(variance + epsilon) + bias; gain and bias [width] (Ba et al. 2016). Throws Error for a
/// negative epsilon, as rms_norm does.
template <class T>
Tensor<T> layer_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, double epsilon = 1e-5,
                     SourceLocation at = SourceLocation::current());
/// Layer norm without gain and bias: (x - mean) / sqrt(variance + epsilon).
template <class T>
Tensor<T> layer_norm(const Operand<T>& x, double epsilon = 1e-5, SourceLocation at = SourceLocation::current());
/// A whole number would be meant as an axis, which is always the last.
template <class T, std::integral N>
Tensor<T> layer_norm(const Operand<T>& x, N axis, SourceLocation at = SourceLocation::current()) = delete;
/// gain x / sqrt(mean(x^2) + epsilon) (Zhang & Sennrich 2019).
template <class T>
Tensor<T> rms_norm(const Operand<T>& x, const Operand<T>& gain, double epsilon = 1e-5,
                   SourceLocation at = SourceLocation::current());

}  // namespace ebb
