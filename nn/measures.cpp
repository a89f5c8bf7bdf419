#include "measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <vector>

#include "../autograd/base/error.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

[[noreturn]] void fail_shapes(const char* measure, const char* first, const Shape& a, const char* second,
                              const Shape& b) {
  throw Error(fmt::format("{}(): {} of shape {} do not go with {} of shape {}", measure, first, to_string(a), second,
                          to_string(b)));
}

template <class Values>
void check_same(const char* measure, const char* first, const Values& a, const char* second, const Values& b) {
  if (!(a.shape() == b.shape())) fail_shapes(measure, first, a.shape(), second, b.shape());
  if (!a.defined() || !b.defined() || a.size() == 0)
    throw Error(fmt::format("{}(): there is nothing to judge", measure));
}

void check_class(const char* measure, std::int32_t id, Index classes) {
  if (id < 0 || id >= classes) throw Error(fmt::format("{}(): {} is none of {} classes", measure, id, classes));
}

/// Checks scores [..., classes] and labels [...], and returns the number of classes.
template <class T>
Index check_scores(const char* measure, const char* name, const Tensor<T>& scores, const IntArray& labels) {
  if (scores.shape().rank() == 0 || !(scores.shape().without(-1) == labels.shape()))
    fail_shapes(measure, name, scores.shape(), "labels", labels.shape());
  if (!labels.defined() || scores.size() == 0) throw Error(fmt::format("{}(): there is nothing to judge", measure));
  const Index classes = scores.shape().extent(-1);
  for (std::int32_t label : labels.values()) check_class(measure, label, classes);
  return classes;
}

}  // namespace

template <class T>
double top_k_accuracy(const Tensor<T>& logits, const IntArray& labels, Index k) {
  const char* const measure = k == 1 ? "accuracy" : "top_k_accuracy";
  const Index classes = check_scores(measure, "logits", logits, labels);
  if (k < 1 || k > classes) throw Error(fmt::format("{}(): k is {}, and there are {} classes", measure, k, classes));
  Index right = 0;
  const T* row = logits.data();
  for (std::int32_t label : labels.values()) {
    Index before = 0;                    // the classes that are preferred to the label's
    for (Index i = 0; i < classes; ++i)  // a NaN comes before all, as for argmax
      before += row[i] > row[label] || std::isnan(row[i]) || (row[i] == row[label] && i < label);
    right += before < k && !std::isnan(row[label]);
    row += classes;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

double accuracy(const IntArray& predicted, const IntArray& labels) {
  check_same("accuracy", "predictions", predicted, "labels", labels);
  Index right = 0;
  for (Index i = 0; i < labels.size(); ++i) right += predicted.data()[i] == labels.data()[i];
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

IntArray confusion_matrix(const IntArray& predicted, const IntArray& labels, Index classes) {
  check_same("confusion_matrix", "predictions", predicted, "labels", labels);
  IntArray counts(Shape{classes, classes}, 0);
  std::int32_t* to = counts.mutable_data();
  for (Index i = 0; i < labels.size(); ++i) {
    for (const std::int32_t id : {labels.data()[i], predicted.data()[i]}) check_class("confusion_matrix", id, classes);
    ++to[labels.data()[i] * classes + predicted.data()[i]];
  }
  return counts;
}

template <class T>
double r_squared(const Tensor<T>& prediction, const Tensor<T>& target) {
  check_same("r_squared", "predictions", prediction, "targets", target);
  double mean = 0, residual = 0, total = 0;
  for (Index i = 0; i < target.size(); ++i)  // updated so that no sum grows large
    mean += (double{target.data()[i]} - mean) / static_cast<double>(i + 1);
  for (Index i = 0; i < target.size(); ++i) {
    const double y = target.data()[i], off = y - prediction.data()[i];
    residual += off * off;
    total += (y - mean) * (y - mean);
  }
  if (total == 0) throw Error("r_squared(): the targets are all equal, so that there is nothing to explain");
  return 1 - residual / total;
}

double perplexity(double cross_entropy) { return std::exp(cross_entropy); }

template <class T>
double calibration_error(const Tensor<T>& probabilities, const IntArray& labels, Index bins) {
  const Index classes = check_scores("calibration_error", "probabilities", probabilities, labels);
  if (bins < 1) throw Error(fmt::format("calibration_error(): there must be a bin, not {}", bins));
  std::vector<double> excess(to_size(bins));  // of each bin: the sum of confidences less the number of right ones
  const T* row = probabilities.data();
  for (std::int32_t label : labels.values()) {
    const T* const chosen = std::max_element(row, row + classes);
    for (Index i = 0; i < classes; ++i)
      if (!(row[i] >= 0 && row[i] <= 1 + T{1e-5F}))
        throw Error(fmt::format("calibration_error(): {} is no probability; of logits, give softmax(logits)", row[i]));
    const auto bin = std::min(static_cast<Index>(double{*chosen} * static_cast<double>(bins)), bins - 1);
    excess[to_size(bin)] += double{*chosen} - (chosen - row == label ? 1 : 0);
    row += classes;
  }
  double sum = 0;
  for (const double each : excess) sum += std::abs(each);
  return sum / static_cast<double>(labels.size());
}

void RunningMean::add(double x, double weight) {
  if (!(weight >= 0) || std::isinf(weight))
    throw Error(fmt::format("RunningMean: a weight must be a finite number of at least 0, not {}", weight));
  if (weight == 0) return;  // whatever x is
  sum_ += weight * x;
  weight_ += weight;
}

double RunningMean::mean() const {
  if (weight_ == 0) throw Error("RunningMean: there is no number to average");
  return sum_ / weight_;
}

std::string to_string(const RunningMean& mean) {
  return mean.weight_ == 0 ? "no numbers" : fmt::format("{:.6g}", mean.mean());
}

std::ostream& operator<<(std::ostream& out, const RunningMean& mean) { return out << to_string(mean); }

#define EBB_INSTANTIATE(T)                                                  \
  template double top_k_accuracy(const Tensor<T>&, const IntArray&, Index); \
  template double r_squared(const Tensor<T>&, const Tensor<T>&);            \
  template double calibration_error(const Tensor<T>&, const IntArray&, Index);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
