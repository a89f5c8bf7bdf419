#pragma once

#include <optional>

#include "../storage/shape.hpp"

// Raw loops of cross_entropy in ops/loss.cpp. Sums over classes and over rows run in double.
namespace ebb::kernels {

/// The labels of the rows of logits; each row's weight in the mean (0 for a row to pass over, whose label may be
/// anything); and `smoothing`, the part of the target that is spread evenly over all classes.
template <class T>
struct LabelledRows {
  Index count;
  Index classes;
  const std::int32_t* labels;
  const T* weights;
  double smoothing;
};

/// 1 / m for each of the m labels that are not ignored, 0 for the others.
template <class T>
void label_weights(Index rows, const std::int32_t* labels, std::optional<std::int32_t> ignored, T* weights);

/// The target distribution of each row, times the row's weight.
template <class T>
void weighted_targets(const LabelledRows<T>& rows, T* targets);

/// The sum over rows of weight * -sum(target * log(softmax(x))).
template <class T>
T cross_entropy(const LabelledRows<T>& rows, const T* x);
/// dx = dy * weight * (softmax(x) - target)
template <class T>
void cross_entropy_derivative(const LabelledRows<T>& rows, const T* x, T dy, T* dx);

}  // namespace ebb::kernels
