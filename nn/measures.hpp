#pragma once

#include <iosfwd>
#include <string>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// What a model is judged by. These take values, and record nothing. They throw Error for shapes that do not fit, for
// labels that are no class, and where there is nothing to judge.
namespace ebb {
namespace nn EBB_PUBLIC {

/// The share of labels [...] that are among the `k` classes of the largest logits [..., classes]. Of equal ones, the
/// first counts as the larger.
template <class T>
double top_k_accuracy(const Tensor<T>& logits, const IntArray& labels, Index k);
/// The share of labels whose class has the largest logit.
template <class T>
double accuracy(const Tensor<T>& logits, const IntArray& labels) {
  return top_k_accuracy(logits, labels, 1);
}
/// The share of predicted classes that are equal to the labels, of the same shape.
double accuracy(const IntArray& predicted, const IntArray& labels);
/// [classes, classes]: in row i and column j the number of those with label i for which j was predicted.
IntArray confusion_matrix(const IntArray& predicted, const IntArray& labels, Index classes);

/// 1 - sum (target - prediction)^2 / sum (target - mean of the targets)^2: 1 is perfect, 0 no better than the mean of
/// the targets. Throws Error for targets that are all equal.
template <class T>
double r_squared(const Tensor<T>& prediction, const Tensor<T>& target);
/// e^loss, of a cross-entropy in nats: the number of equally likely choices that leave as much doubt.
double perplexity(double cross_entropy);
/// The expected calibration error (Guo et al. 2017, "On calibration of modern neural networks"): predictions are put
/// into bins by the probability of the class that they choose, and |share of right ones - mean probability| is averaged
/// over the bins, by their sizes. Probabilities [..., classes], labels [...].
template <class T>
double calibration_error(const Tensor<T>& probabilities, const IntArray& labels, Index bins = 15);

/// A mean over numbers that come one by one: of a loss over the batches of an epoch, say.
class RunningMean {
 public:
  /// Adds a number, which counts `weight` times: the size of its batch. Throws Error for a weight that is negative or
  /// not finite.
  void add(double x, double weight = 1);
  /// Throws Error if none was added.
  double mean() const;
  void clear() { *this = {}; }
  void visit_state(auto& field) { field("sum", sum_), field("weight", weight_); }

 private:
  friend std::string to_string(const RunningMean& mean);
  double sum_ = 0, weight_ = 0;
};

/// "0.25", or "no numbers".
std::string to_string(const RunningMean& mean);
std::ostream& operator<<(std::ostream& out, const RunningMean& mean);

}  // namespace nn
}  // namespace ebb
