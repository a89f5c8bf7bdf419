#pragma once

#include <optional>

#include "../storage/shape.hpp"
#include "isa/softmax.h"

// Raw loops of ops/cross_entropy.cpp. Sums over classes and over rows run in double.
namespace ebb::kernels {

/// 1 / m for each of the m labels that are not ignored, 0 for the others.
template <class T>
void label_weights(Index rows, const std::int32_t* labels, std::optional<std::int32_t> ignored, T* weights);

/// 1 at the label of each row whose weight is not 0, else 0.
template <class T>
void one_hot(const LabelledRows<T>& rows, T* y);

/// The sum over rows of weight * -sum(target * log(softmax(x))).
template <class T>
T cross_entropy(const LabelledRows<T>& rows, const T* x);
/// dx = dy * weight * (softmax(x) - target)
template <class T>
void cross_entropy_derivative(const LabelledRows<T>& rows, const T* x, T dy, T* dx);

}  // namespace ebb::kernels
