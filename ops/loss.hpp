#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// The mean over elements, or over the rows along the last axis: a tensor of one element, unless the options ask for the
// sum or for each. They throw Error for the mean of an empty batch, which there is not, and for shapes that differ: a
// prediction [n, 1] against a target [n] would quietly average n x n losses.
namespace ebb EBB_PUBLIC {

/// What becomes of the losses of all elements or rows.
enum class Reduction { none, sum, mean };

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

// ---- of classes: rows of logits, [..., classes]

struct CrossEntropyOptions {
  std::optional<std::int32_t> ignored_label =
      {};                                  ///< Positions with this label count neither above nor below the line.
  double label_smoothing = 0;              ///< Mixes the label with the uniform distribution (Szegedy et al. 2016).
  std::vector<double> class_weights = {};  ///< One for each class; the mean is over the sum of the labels' weights.
  Reduction reduction = Reduction::mean;
};
/// -log softmax(logits)[label] of each row: logits [..., classes], labels [...]. If every label is ignored, the mean is
/// 0. With weights w and smoothing s, a row's loss is -(1 - s) w[label] log p[label] - s / classes sum(w log p).
template <class T>
Tensor<T> cross_entropy(const Operand<T>& logits, const IntArray& labels, CrossEntropyOptions options = {},
                        SourceLocation at = SourceLocation::current());
/// -sum(targets log softmax(logits)) of each row: targets of the shape of the logits, a distribution over the classes
/// in each row. The mean is over the rows. Throws Error for a target outside [0, 1] and for an ignored label.
template <class T>
Tensor<T> cross_entropy(const Operand<T>& logits, const Operand<T>& targets, CrossEntropyOptions options = {},
                        SourceLocation at = SourceLocation::current());
/// The cross entropy of log-probabilities, as log_softmax gives them, rather than of logits.
template <class T>
Tensor<T> negative_log_likelihood(const Operand<T>& log_probabilities, const IntArray& labels,
                                  CrossEntropyOptions options = {}, SourceLocation at = SourceLocation::current());
/// The Kullback-Leibler divergence sum(t (log t - log p)) of each row, from log-probabilities log p, as log_softmax
/// gives them, to the targets t, a distribution over the classes. Where a target is 0, so is its term, and log t counts
/// as 0 in its derivative. Throws Error for a negative target.
template <class T>
Tensor<T> kl_divergence(const Operand<T>& log_probabilities, const Operand<T>& targets, LossOptions options = {},
                        SourceLocation at = SourceLocation::current());

// ---- of yes or no

template <class T>
struct BinaryCrossEntropyOptions {
  Tensor<T> weights = {};          ///< Of the losses; broadcasts to the logits. The mean is over the elements.
  Tensor<T> positive_weight = {};  ///< Of the part for t = 1; broadcasts to the logits: one for each class, say.
  Reduction reduction = Reduction::mean;
};
/// -t log s(x) - (1 - t) log(1 - s(x)) of each element, with the sigmoid s, without overflow; targets of the shape of
/// the logits. Throws Error for a target outside [0, 1].
template <class T>
Tensor<T> binary_cross_entropy_with_logits(const Operand<T>& logits, const Operand<T>& targets,
                                           BinaryCrossEntropyOptions<T> options = {},
                                           SourceLocation at = SourceLocation::current());
/// max(0, 1 - t x) of each element, for a target t of 1 or -1. At the kink, t x = 1, the derivative is 0. Throws Error
/// for another target.
template <class T>
Tensor<T> hinge_loss(const Operand<T>& scores, const IntArray& targets, LossOptions options = {},
                     SourceLocation at = SourceLocation::current());

// ---- of numbers

/// (prediction - target)^2 of each element.
template <class T>
Tensor<T> mean_squared_error(const Operand<T>& prediction, const Operand<T>& target, LossOptions options = {},
                             SourceLocation at = SourceLocation::current());
/// |prediction - target| of each element, also called the L1 loss. At the kink, where they are equal, the derivative
/// is 0.
template <class T>
Tensor<T> mean_absolute_error(const Operand<T>& prediction, const Operand<T>& target, LossOptions options = {},
                              SourceLocation at = SourceLocation::current());
/// r^2/2 where |r| <= delta, else delta (|r| - delta/2), with r = prediction - target (Huber 1964).
/// At the kink, |r| = delta, the first derivative is continuous, and the second is 0.
template <class T>
Tensor<T> huber_loss(const Operand<T>& prediction, const Operand<T>& target, double delta = 1, LossOptions options = {},
                     SourceLocation at = SourceLocation::current());
/// q r where r > 0, else (q - 1) r, with r = target - prediction: the loss whose least mean is at the quantile q of the
/// targets, between 0 and 1, also called the pinball loss (Koenker & Bassett 1978). At r = 0 the derivative is 0.
template <class T>
Tensor<T> quantile_loss(const Operand<T>& prediction, const Operand<T>& target, double quantile,
                        LossOptions options = {}, SourceLocation at = SourceLocation::current());

// ---- of vectors: rows along the last axis, [..., width]

/// 1 - cos(a, b) for a target of 1, max(0, cos(a, b) - margin) for one of -1: a and b [..., width], targets [...]. At
/// the kink the derivative is 0. Throws Error for another target.
template <class T>
Tensor<T> cosine_embedding_loss(const Operand<T>& a, const Operand<T>& b, const IntArray& targets, double margin = 0,
                                LossOptions options = {}, SourceLocation at = SourceLocation::current());
/// max(0, |anchor - positive| - |anchor - negative| + margin) of each row, with Euclidean norms (Schroff et al. 2015;
/// theirs are squared). At the kink the derivative is 0, and so it is of a norm that is 0.
template <class T>
Tensor<T> triplet_margin_loss(const Operand<T>& anchor, const Operand<T>& positive, const Operand<T>& negative,
                              double margin = 1, LossOptions options = {},
                              SourceLocation at = SourceLocation::current());

}  // namespace ebb
