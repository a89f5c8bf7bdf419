#include "attention_entropy.hpp"

#include <fmt/format.h>

#include <cmath>

#include "all_ops.h"
#include "attention.h"
#include "axes.h"
#include "ops.hpp"
#include "softmax.h"

namespace ebb EBB_PUBLIC {

namespace {

/// The weights to look at: those that the op just made, or those within fused attention.
template <class T>
AttentionRows<T> rows_of(const Event<T>& event) {
  const Record<T>& record = event.record;
  if (record.op != &Ops<T>::softmax) return recorded_rows(record);
  const auto& [axis, mask] = record.attributes.template as<SoftmaxAttributes>();
  if (event.tensor.shape().normalized(axis) != event.tensor.rank() - 1) return {};  // attention's is the last
  return {event.tensor, mask};
}

/// The number of positions that each row of the weights may attend to.
template <class T>
Tensor<T> choices(const AttentionRows<T>& rows) {
  if (!rows.allowed.defined())
    return full<T>(rows.weights.shape().with(-1, 1), static_cast<double>(rows.weights.extent(-1)));
  const Tensor<T> allowed = where(rows.allowed, full<T>({}, 1), full<T>({}, 0));
  return sum(expand(allowed, rows.weights.shape()), -1, {.keep = true});
}

}  // namespace

template <class T>
std::string attention_entropy::operator()(const Event<T>& event) const {
  if (std::isnan(below)) throw Error("attention_entropy: the bound is NaN");
  if (event.kind != EventKind::value) return {};
  const AttentionRows<T> rows = rows_of(event);
  if (!rows.weights.defined() || rows.weights.rank() < 1) return {};
  const Tensor<T> a = rows.weights, has_choice = choices(rows);
  const Tensor<T> entropy = -sum(a * log(where(equal(a, 0), 1, a)), -1, {.keep = true});
  for (Index row = 0; row < entropy.size(); ++row)
    if (has_choice.data()[row] > 1 && static_cast<double>(entropy.data()[row]) < below)
      return fmt::format("row {} of the attention weights has an entropy of {:.3g} nat, below {:.3g}",
                         position_text(entropy.shape().without(-1), row), static_cast<double>(entropy.data()[row]),
                         below);
  return {};
}

template std::string attention_entropy::operator()(const Event<float>&) const;
template std::string attention_entropy::operator()(const Event<double>&) const;

}  // namespace ebb
