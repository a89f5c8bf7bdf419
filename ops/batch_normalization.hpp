#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Norms whose statistics go along other axes than the last, which holds the channels.

namespace ebb EBB_PUBLIC {

/// (x - mean) / sqrt(variance + epsilon) gain + bias, with mean and variance of each channel, the last axis, over all
/// others (Ioffe & Szegedy 2015): x [..., channels], gain and bias [channels]. Throws Error where there is nothing to
/// average.
template <class T>
Tensor<T> batch_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, double epsilon = 1e-5,
                     SourceLocation at = SourceLocation::current());
/// The same with a given mean and variance of each channel, as in evaluation.
template <class T>
Tensor<T> batch_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, const Operand<T>& mean,
                     const Operand<T>& variance, double epsilon = 1e-5, SourceLocation at = SourceLocation::current());
/// The same with mean and variance over all of each example, the first axis, and over a group of channels (Wu & He
/// 2018): x [batch, ..., channels]. With a group for each channel it is instance norm (Ulyanov et al. 2016). Throws
/// Error unless the groups divide the channels.
template <class T>
Tensor<T> group_norm(const Operand<T>& x, Index groups, const Operand<T>& gain, const Operand<T>& bias,
                     double epsilon = 1e-5, SourceLocation at = SourceLocation::current());

}  // namespace ebb
