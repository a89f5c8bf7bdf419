#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/cross_entropy.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "axes.h"
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

std::string nothing_to_average(const Shape& shape) {
  return fmt::format("there is nothing to average in shape {}; pass over an empty batch", to_string(shape));
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
  if (!(smoothing >= 0 && smoothing <= 1))
    throw Error(fmt::format("label_smoothing is a share between 0 and 1, not {}", smoothing));
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

/// The other losses do not broadcast: a prediction [n, 1] against a target [n] would quietly average n x n differences.
void check_shapes(const char* loss, const char* what, const Shape& shape, const char* other_what, const Shape& other,
                  SourceLocation at) {
  if (!(shape == other))
    throw error_in(loss,
                   fmt::format("{} of shape {} and {} of shape {} must have the same shape; use reshape() or expand()",
                               what, to_string(shape), other_what, to_string(other)),
                   at);
  if (shape.size() == 0) throw error_in(loss, nothing_to_average(shape), at);
}

/// a b, but 0 where a is 0 and b infinite.
template <class T>
Tensor<T> share_of(const Tensor<T>& a, const Tensor<T>& b, SourceLocation at) {
  const IntArray infinite = equal(b, std::numeric_limits<T>::infinity());
  return multiply(a, where(infinite, where(equal(a, 0), 0, b, at), b, at), at);
}

}  // namespace

EBB_OP(cross_entropy, cross_entropy_forward<T>, cross_entropy_backward<T>, cross_entropy_formula,
       .attributes = default_attributes<CrossEntropyAttributes>)

template <class T>
Tensor<T> cross_entropy(const Operand<T>& logits, const IntArray& labels, CrossEntropyOptions options,
                        SourceLocation at) {
  return apply(Ops<T>::cross_entropy, {&logits},
               CrossEntropyAttributes{labels, options.label_smoothing, options.ignored_label}, at);
}

// mean(-t log(s) - (1 - t) log(1 - s)), s = sigmoid(x): -log(s) is softplus(-x), -log(1 - s) is softplus(x)
template <class T>
Tensor<T> binary_cross_entropy_with_logits(const Operand<T>& logits, const Operand<T>& targets, SourceLocation at) {
  const Tensor<T> x = logits.tensor(at), t = targets.tensor(at);
  const char* const name = "binary_cross_entropy_with_logits";
  check_shapes(name, "logits", x.shape(), "targets", t.shape(), at);
  const auto is_share = [](T target) { return target >= 0 && target <= 1; };
  if (const T* end = t.data() + t.size(), *bad = std::find_if_not(t.data(), end, is_share); bad != end)
    throw error_in(name,
                   fmt::format("target {} at position {} is no share between 0 and 1", *bad,
                               position_text(t.shape(), bad - t.data())),
                   at);
  const Tensor<T> when_one = share_of(t, softplus(negate(x, at), at), at);
  const Tensor<T> when_zero = share_of(subtract(T{1}, t, at), softplus(x, at), at);
  return mean(add(when_one, when_zero, at), at);
}

template <class T>
Tensor<T> mean_squared_error(const Operand<T>& prediction, const Operand<T>& target, SourceLocation at) {
  const Tensor<T> p = prediction.tensor(at), t = target.tensor(at);
  check_shapes("mean_squared_error", "a prediction", p.shape(), "a target", t.shape(), at);
  return mean(square(subtract(p, t, at), at), at);
}

// mean(c (r - c / 2)), r = prediction - target, c = r held within [-delta, delta]
template <class T>
Tensor<T> huber_loss(const Operand<T>& prediction, const Operand<T>& target, double delta, SourceLocation at) {
  const Tensor<T> p = prediction.tensor(at), t = target.tensor(at);
  check_shapes("huber_loss", "a prediction", p.shape(), "a target", t.shape(), at);
  if (!(delta > 0)) throw error_in("huber_loss", fmt::format("delta must be more than 0, not {}", delta), at);
  const Tensor<T> r = subtract(p, t, at), c = clamp(r, -delta, delta, at);
  return mean(multiply(c, subtract(r, multiply(c, T{0.5}, at), at), at), at);
}

#define EBB_INSTANTIATE(T)                                                                                   \
  template Tensor<T> cross_entropy(const Operand<T>&, const IntArray&, CrossEntropyOptions, SourceLocation); \
  template Tensor<T> binary_cross_entropy_with_logits(const Operand<T>&, const Operand<T>&, SourceLocation); \
  template Tensor<T> mean_squared_error(const Operand<T>&, const Operand<T>&, SourceLocation);               \
  template Tensor<T> huber_loss(const Operand<T>&, const Operand<T>&, double, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
