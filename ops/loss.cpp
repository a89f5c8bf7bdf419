#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "axes.h"
#include "loss.h"
#include "ops.hpp"

namespace ebb {

std::string nothing_to_average(const Shape& shape) {
  return fmt::format("there is nothing to average in shape {}; pass over an empty batch", to_string(shape));
}

template <class T>
Tensor<T> reduced(const char* loss, const Tensor<T>& losses, Reduction reduction, SourceLocation at) {
  if (reduction == Reduction::none) return losses;
  if (reduction == Reduction::sum) return sum(losses, at);
  if (losses.size() == 0) throw error_in(loss, nothing_to_average(losses.shape()), at);
  return mean(losses, at);
}

void check_same_shape(const char* loss, const char* what, const Shape& shape, const char* other_what,
                      const Shape& other, SourceLocation at) {
  if (!(shape == other))
    throw error_in(loss,
                   fmt::format("{} of shape {} and {} of shape {} must have the same shape; use reshape() or expand()",
                               what, to_string(shape), other_what, to_string(other)),
                   at);
}

template <class T>
void check_shares(const char* loss, const Tensor<T>& targets, SourceLocation at) {
  const auto is_share = [](T target) { return target >= 0 && target <= 1; };
  const T* const end = targets.data() + targets.size();
  if (const T* bad = std::find_if_not(targets.data(), end, is_share); bad != end)
    throw error_in(loss,
                   fmt::format("target {} at position {} is no share between 0 and 1", *bad,
                               position_text(targets.shape(), bad - targets.data())),
                   at);
}

template <class T>
Tensor<T> share_of(const Tensor<T>& a, const Tensor<T>& b, SourceLocation at) {
  const IntArray infinite = equal(b, std::numeric_limits<T>::infinity());
  return multiply(a, where(infinite, where(equal(a, 0), 0, b, at), b, at), at);
}

#define EBB_INSTANTIATE(T)                                                              \
  template Tensor<T> reduced(const char*, const Tensor<T>&, Reduction, SourceLocation); \
  template void check_shares(const char*, const Tensor<T>&, SourceLocation);            \
  template Tensor<T> share_of(const Tensor<T>&, const Tensor<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
#undef EBB_INSTANTIATE

}  // namespace ebb

namespace ebb EBB_PUBLIC {

namespace {

void check_signs(const char* loss, const IntArray& targets, const Shape& shape, SourceLocation at) {
  check_same_shape(loss, "one result for each", shape, "targets", targets.shape(), at);
  const auto is_sign = [](std::int32_t target) { return target == 1 || target == -1; };
  const std::int32_t* const end = targets.data() + targets.size();
  if (const std::int32_t* bad = std::find_if_not(targets.data(), end, is_sign); bad != end)
    throw error_in(loss,
                   fmt::format("target {} at position {} is neither 1 nor -1", *bad,
                               position_text(targets.shape(), bad - targets.data())),
                   at);
}

/// weights * losses, if there are weights; a weight of 0 hides an infinite loss.
template <class T>
Tensor<T> weighted(const char* what, const Tensor<T>& weights, const Tensor<T>& losses, SourceLocation at) {
  if (!weights.defined()) return losses;
  if (!broadcasts_to(weights.shape(), losses.shape()))
    throw error_in("binary_cross_entropy_with_logits",
                   fmt::format("{} of shape {} does not broadcast to logits of shape {}", what,
                               to_string(weights.shape()), to_string(losses.shape())),
                   at);
  return share_of(weights, losses, at);
}

/// prediction - target, of one shape.
template <class T>
Tensor<T> difference(const char* loss, const Operand<T>& prediction, const Operand<T>& target, SourceLocation at) {
  const Tensor<T> p = prediction.tensor(at), t = target.tensor(at);
  check_same_shape(loss, "a prediction", p.shape(), "a target", t.shape(), at);
  return subtract(p, t, at);
}

}  // namespace

// -t log(s) - (1 - t) log(1 - s), s = sigmoid(x): -log(s) is softplus(-x), -log(1 - s) is softplus(x)
template <class T>
Tensor<T> binary_cross_entropy_with_logits(const Operand<T>& logits, const Operand<T>& targets,
                                           BinaryCrossEntropyOptions<T> options, SourceLocation at) {
  const Tensor<T> x = logits.tensor(at), t = targets.tensor(at);
  const char* const name = "binary_cross_entropy_with_logits";
  check_same_shape(name, "logits", x.shape(), "targets", t.shape(), at);
  check_shares(name, t, at);
  const Tensor<T> when_one = share_of(t, softplus(negate(x, at), at), at);
  const Tensor<T> when_zero = share_of(subtract(T{1}, t, at), softplus(x, at), at);
  const Tensor<T> both = add(weighted("positive_weight", options.positive_weight, when_one, at), when_zero, at);
  return reduced(name, weighted("weights", options.weights, both, at), options.reduction, at);
}

template <class T>
Tensor<T> hinge_loss(const Operand<T>& scores, const IntArray& targets, LossOptions options, SourceLocation at) {
  const Tensor<T> x = scores.tensor(at);
  check_signs("hinge_loss", targets, x.shape(), at);
  const Tensor<T> margin = multiply(to_tensor<T>(targets), x, at);
  return reduced("hinge_loss", relu(subtract(T{1}, margin, at), at), options.reduction, at);
}

template <class T>
Tensor<T> mean_squared_error(const Operand<T>& prediction, const Operand<T>& target, LossOptions options,
                             SourceLocation at) {
  const char* const name = "mean_squared_error";
  return reduced(name, square(difference(name, prediction, target, at), at), options.reduction, at);
}

template <class T>
Tensor<T> mean_absolute_error(const Operand<T>& prediction, const Operand<T>& target, LossOptions options,
                              SourceLocation at) {
  const char* const name = "mean_absolute_error";
  return reduced(name, abs(difference(name, prediction, target, at), at), options.reduction, at);
}

// c (r - c / 2), r = prediction - target, c = r held within [-delta, delta]
template <class T>
Tensor<T> huber_loss(const Operand<T>& prediction, const Operand<T>& target, double delta, LossOptions options,
                     SourceLocation at) {
  if (!(delta > 0)) throw error_in("huber_loss", fmt::format("delta must be more than 0, not {}", delta), at);
  const Tensor<T> r = difference("huber_loss", prediction, target, at), c = clamp(r, -delta, delta, at);
  return reduced("huber_loss", multiply(c, subtract(r, multiply(c, T{0.5}, at), at), at), options.reduction, at);
}

// q relu(r) + (1 - q) relu(-r), r = target - prediction
template <class T>
Tensor<T> quantile_loss(const Operand<T>& prediction, const Operand<T>& target, double quantile, LossOptions options,
                        SourceLocation at) {
  if (!(quantile > 0 && quantile < 1))
    throw error_in("quantile_loss", fmt::format("a quantile is between 0 and 1, not {}", quantile), at);
  const Tensor<T> over = difference("quantile_loss", prediction, target, at), under = negate(over, at);
  const Tensor<T> losses = add(multiply(quantile, relu(under, at), at), multiply(1 - quantile, relu(over, at), at), at);
  return reduced("quantile_loss", losses, options.reduction, at);
}

template <class T>
Tensor<T> cosine_embedding_loss(const Operand<T>& a, const Operand<T>& b, const IntArray& targets, double margin,
                                LossOptions options, SourceLocation at) {
  const char* const name = "cosine_embedding_loss";
  const Tensor<T> left = a.tensor(at), right = b.tensor(at);
  check_same_shape(name, "vectors", left.shape(), "others", right.shape(), at);
  const Tensor<T> cosine = cosine_similarity(left, right, -1, at);
  check_signs(name, targets, cosine.shape(), at);
  const Tensor<T> apart = relu(subtract(cosine, margin, at), at);
  return reduced(name, where(equal(targets, 1), subtract(T{1}, cosine, at), apart, at), options.reduction, at);
}

template <class T>
Tensor<T> triplet_margin_loss(const Operand<T>& anchor, const Operand<T>& positive, const Operand<T>& negative,
                              double margin, LossOptions options, SourceLocation at) {
  const char* const name = "triplet_margin_loss";
  const Tensor<T> a = anchor.tensor(at), p = positive.tensor(at), n = negative.tensor(at);
  check_same_shape(name, "an anchor", a.shape(), "a positive", p.shape(), at);
  check_same_shape(name, "an anchor", a.shape(), "a negative", n.shape(), at);
  const Tensor<T> near = norm(subtract(a, p, at), -1, {}, at), far = norm(subtract(a, n, at), -1, {}, at);
  return reduced(name, relu(add(subtract(near, far, at), margin, at), at), options.reduction, at);
}

#define EBB_INSTANTIATE_PAIR(T, op) \
  template Tensor<T> op(const Operand<T>&, const Operand<T>&, LossOptions, SourceLocation);
#define EBB_INSTANTIATE(T)                                                                                             \
  EBB_INSTANTIATE_PAIR(T, mean_squared_error)                                                                          \
  EBB_INSTANTIATE_PAIR(T, mean_absolute_error)                                                                         \
  template Tensor<T> binary_cross_entropy_with_logits(const Operand<T>&, const Operand<T>&,                            \
                                                      BinaryCrossEntropyOptions<T>, SourceLocation);                   \
  template Tensor<T> hinge_loss(const Operand<T>&, const IntArray&, LossOptions, SourceLocation);                      \
  template Tensor<T> huber_loss(const Operand<T>&, const Operand<T>&, double, LossOptions, SourceLocation);            \
  template Tensor<T> quantile_loss(const Operand<T>&, const Operand<T>&, double, LossOptions, SourceLocation);         \
  template Tensor<T> cosine_embedding_loss(const Operand<T>&, const Operand<T>&, const IntArray&, double, LossOptions, \
                                           SourceLocation);                                                            \
  template Tensor<T> triplet_margin_loss(const Operand<T>&, const Operand<T>&, const Operand<T>&, double, LossOptions, \
                                         SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
