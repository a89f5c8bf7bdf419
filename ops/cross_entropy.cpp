#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/cross_entropy.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "axes.h"
#include "loss.h"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// The arguments of cross_entropy beside the logits.
struct CrossEntropyAttributes {
  IntArray labels;
  double label_smoothing;
  std::optional<std::int32_t> ignored_label;
  static void visit(auto& self, auto&& field) {
    field("labels", self.labels), field("label_smoothing", self.label_smoothing),
        field("ignored_label", self.ignored_label);
  }
};

template <class T>
kernels::LabelledRows<T> labelled_rows(const Record<T>& r, const Shape& logits, const Tensor<T>& weights) {
  const auto& [labels, smoothing, ignored] = r.attributes.template as<CrossEntropyAttributes>();
  return {labels.size(), logits.extent(-1), labels.data(), weights.data(), smoothing};
}

void check_smoothing(double smoothing) {
  if (!(smoothing >= 0 && smoothing <= 1))
    throw Error(fmt::format("label_smoothing is a share between 0 and 1, not {}", smoothing));
}

void check_labels(const Shape& logits, const IntArray& labels, std::optional<std::int32_t> ignored) {
  if (!labels.defined()) throw Error("the labels are undefined (an empty IntArray)");
  if (logits.rank() == 0 || !(labels.shape() == logits.without(-1)))
    throw Error(
        fmt::format("labels of shape {} do not fit logits of shape {}: there must be one label for each row of "
                    "logits, whose last axis holds the classes",
                    to_string(labels.shape()), to_string(logits)));
  const Index classes = logits.extent(-1);
  for (Index i = 0; i < labels.size(); ++i) {
    const std::int32_t label = labels.data()[i];
    if ((label < 0 || label >= classes) && label != ignored)
      throw Error(
          fmt::format("label {} at position {} is none of the {} classes of logits of shape {}, which count "
                      "from 0; a label to pass over is set with {{.ignored_label = {}}}",
                      label, position_text(labels.shape(), i), classes, to_string(logits), label));
  }
}

constexpr Formula cross_entropy_formula{
    "y = mean over the rows that count of -sum(t log(p)), p = softmax(x), t = (1 - s) onehot(label) + s / classes",
    {"dx = dy (p - t) / n in the n rows that count, 0 in those whose label is ignored"},
    "The logarithm undoes the saturation of the softmax: a row that is confidently wrong gets a full gradient, one "
    "that is right next to none.",
};

template <class T>
Array<T> cross_entropy_forward(Record<T>& r, Inputs<T> x) {
  const auto& [labels, smoothing, ignored] = r.attributes.template as<CrossEntropyAttributes>();
  check_smoothing(smoothing);
  check_labels(x[0].shape(), labels, ignored);
  if (labels.size() == 0) throw Error(nothing_to_average(x[0].shape()));
  Array<T> weights(x[0].shape().with(-1, 1));
  kernels::label_weights(labels.size(), labels.data(), ignored, weights.mutable_data());
  r.save(x[0]);
  r.save(weights);
  return Array<T>(Shape{}, kernels::cross_entropy(labelled_rows<T>(r, x[0].shape(), weights), x[0].data()));
}

template <class T>
void cross_entropy_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>&x = r.saved[0], &weights = r.saved[1];
  const kernels::LabelledRows<T> rows = labelled_rows(r, x.shape(), weights);
  Array<T> result(x.shape());
  if (d.create_graph()) {
    kernels::one_hot(rows, result.mutable_data());
    // p - t sums to 0 along a row: at the label, where both may be nearly 1, it is minus the sum of the others.
    const Tensor<T> label(result);
    const Tensor<T> p = softmax(x, weights > 0, -1);
    const Tensor<T> others = (1 - label) * (p - rows.smoothing / static_cast<double>(rows.classes)) * weights;
    d.add(0, dy * (others - label * sum(others, -1, {.keep = true})));
  } else {
    kernels::cross_entropy_derivative(rows, x.data(), dy.item(), result.mutable_data());
    d.add(0, result);
  }
}

/// One weight for each class, for rows of log-probabilities or logits.
template <class T>
Tensor<T> weights_of_classes(const std::vector<double>& weights, const Shape& rows) {
  if (rows.rank() == 0) throw Error("shape [] has no last axis to hold the classes");
  const Index classes = rows.extent(-1);
  if (weights.empty()) return ones<T>(classes);
  if (static_cast<Index>(weights.size()) != classes)
    throw Error(fmt::format("there are {} class_weights for the {} classes of shape {}", weights.size(), classes,
                            to_string(rows)));
  for (const double weight : weights)
    if (!(weight >= 0 && std::isfinite(weight)))
      throw Error(fmt::format("a class weight is a number of at least 0, not {}", weight));
  return Tensor<T>(Shape{classes}, std::vector<T>(weights.begin(), weights.end()));
}

/// The cross entropy of labels, made of ops, from log-probabilities.
template <class T>
Tensor<T> of_labels(const char* loss, const Tensor<T>& log_p, const IntArray& labels,
                    const CrossEntropyOptions& options, SourceLocation at) {
  const double smoothing = options.label_smoothing;
  const Tensor<T> weights = named(loss, at, [&] {
    check_smoothing(smoothing);
    check_labels(log_p.shape(), labels, options.ignored_label);
    return weights_of_classes<T>(options.class_weights, log_p.shape());
  });
  if (labels.size() == 0) return reduced(loss, sum(log_p, -1, {}, at), options.reduction, at);
  const IntArray counts =
      options.ignored_label ? logical_not(equal(labels, *options.ignored_label)) : IntArray(labels.shape(), 1);
  const IntArray known = where(counts, labels, 0);  // an ignored label need not be a class
  const Tensor<T> at_label = take_along_axis(log_p, known.reshaped(log_p.shape().with(-1, 1)), -1, at);
  const Tensor<T> label_weights = where(counts, gather(weights, known, 0), 0);
  Tensor<T> losses = share_of(label_weights, negate(reshape(at_label, labels.shape(), at), at), at);
  if (smoothing > 0) {
    const Tensor<T> all = sum(share_of(weights, negate(log_p, at), at), -1, {}, at);
    losses = where(counts,
                   add(multiply(1 - smoothing, losses, at),
                       multiply(smoothing / static_cast<double>(log_p.extent(-1)), all, at), at),
                   0, at);
  }
  if (options.reduction != Reduction::mean) return reduced(loss, losses, options.reduction, at);
  const double whole = static_cast<double>(sum(label_weights).item());
  return divide(sum(losses, at), whole > 0 ? whole : 1, at);
}

}  // namespace

EBB_OP(cross_entropy, cross_entropy_forward<T>, cross_entropy_backward<T>, cross_entropy_formula,
       .attributes = default_attributes<CrossEntropyAttributes>)

template <class T>
Tensor<T> cross_entropy(const Operand<T>& logits, const IntArray& labels, CrossEntropyOptions options,
                        SourceLocation at) {
  if (options.class_weights.empty() && options.reduction == Reduction::mean)
    return apply(Ops<T>::cross_entropy, {&logits},
                 CrossEntropyAttributes{labels, options.label_smoothing, options.ignored_label}, at);
  const Tensor<T> x = logits.tensor(at);
  named("cross_entropy", at, [&] { check_labels(x.shape(), labels, options.ignored_label); });
  return of_labels("cross_entropy", log_softmax(x, -1, at), labels, options, at);
}

template <class T>
Tensor<T> cross_entropy(const Operand<T>& logits, const Operand<T>& targets, CrossEntropyOptions options,
                        SourceLocation at) {
  const char* const name = "cross_entropy";
  const Tensor<T> x = logits.tensor(at);
  Tensor<T> t = targets.tensor(at);
  check_same_shape(name, "logits", x.shape(), "targets", t.shape(), at);
  const Tensor<T> weights = named(name, at, [&] {
    check_smoothing(options.label_smoothing);
    if (options.ignored_label) throw Error("ignored_label is for labels, and these targets are distributions");
    return weights_of_classes<T>(options.class_weights, x.shape());
  });
  check_shares(name, t, at);
  if (options.label_smoothing > 0) {
    const double uniform_share = options.label_smoothing / static_cast<double>(x.extent(-1));
    t = add(multiply(1 - options.label_smoothing, t, at), uniform_share, at);
  }
  if (!options.class_weights.empty()) t = multiply(weights, t, at);
  const Tensor<T> losses = sum(share_of(t, negate(log_softmax(x, -1, at), at), at), -1, {}, at);
  return reduced(name, losses, options.reduction, at);
}

template <class T>
Tensor<T> negative_log_likelihood(const Operand<T>& log_probabilities, const IntArray& labels,
                                  CrossEntropyOptions options, SourceLocation at) {
  return of_labels("negative_log_likelihood", log_probabilities.tensor(at), labels, options, at);
}

template <class T>
Tensor<T> kl_divergence(const Operand<T>& log_probabilities, const Operand<T>& targets, LossOptions options,
                        SourceLocation at) {
  const char* const name = "kl_divergence";
  const Tensor<T> log_p = log_probabilities.tensor(at), t = targets.tensor(at);
  check_same_shape(name, "log-probabilities", log_p.shape(), "targets", t.shape(), at);
  if (t.rank() == 0) throw error_in(name, "shape [] has no last axis to hold the classes", at);
  check_shares(name, t, at);
  const Tensor<T> log_t = log(where(equal(t, 0), 1, t, at), at);
  const Tensor<T> losses = sum(share_of(t, subtract(log_t, log_p, at), at), -1, {}, at);
  return reduced(name, losses, options.reduction, at);
}

#define EBB_INSTANTIATE(T)                                                                                             \
  template Tensor<T> cross_entropy(const Operand<T>&, const IntArray&, CrossEntropyOptions, SourceLocation);           \
  template Tensor<T> cross_entropy(const Operand<T>&, const Operand<T>&, CrossEntropyOptions, SourceLocation);         \
  template Tensor<T> negative_log_likelihood(const Operand<T>&, const IntArray&, CrossEntropyOptions, SourceLocation); \
  template Tensor<T> kl_divergence(const Operand<T>&, const Operand<T>&, LossOptions, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
