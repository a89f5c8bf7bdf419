#include "cross_entropy.hpp"

#include <algorithm>
#include <vector>

#include "softmax_lane.hpp"

namespace ebb::kernels {

namespace {

using Unit = std::integral_constant<Index, 1>;  // the stride of a row

}  // namespace

template <class T>
void label_weights(Index rows, const std::int32_t* labels, std::optional<std::int32_t> ignored, T* weights) {
  const Index counted = ignored ? rows - std::count(labels, labels + rows, *ignored) : rows;
  for (Index row = 0; row < rows; ++row)
    weights[row] = ignored && labels[row] == *ignored ? T{0} : T{1} / static_cast<T>(counted);
}

template <class T>
void weighted_targets(const LabelledRows<T>& at, T* targets) {
  const double even = at.smoothing / static_cast<double>(at.classes);
  for (Index row = 0; row < at.rows; ++row) {
    T* target = targets + row * at.classes;
    const T weight = at.weights[row];
    std::fill(target, target + at.classes, weight * static_cast<T>(even));
    if (weight != 0) target[at.labels[row]] += weight * static_cast<T>(1 - at.smoothing);
  }
}

template <class T>
T cross_entropy(const LabelledRows<T>& at, const T* x) {
  const double even = at.smoothing / static_cast<double>(at.classes);
  std::vector<double> losses(to_size(at.rows));
  parallel_for(at.rows, at.rows * at.classes, [&](Index row) {
    if (at.weights[row] == 0) return;
    const T* logits = x + row * at.classes;
    const T largest = lane_max(at.classes, Unit{}, logits, all_allowed);
    const double log_sum = std::log(lane_sum(at.classes, [&](Index c) { return std::exp(logits[c] - largest); }));
    double expected = (1 - at.smoothing) * static_cast<double>(logits[at.labels[row]] - largest);
    if (at.smoothing != 0) expected += even * lane_sum(at.classes, [&](Index c) { return logits[c] - largest; });
    losses[to_size(row)] = static_cast<double>(at.weights[row]) * (log_sum - expected);
  });
  return static_cast<T>(lane_sum(at.rows, [&](Index row) { return losses[to_size(row)]; }));
}

template <class T>
void cross_entropy_derivative(const LabelledRows<T>& at, const T* x, T dy, T* dx) {
  const T even = static_cast<T>(at.smoothing / static_cast<double>(at.classes));
  parallel_for(at.rows, at.rows * at.classes, [&](Index row) {
    T* d = dx + row * at.classes;
    if (at.weights[row] == 0) {
      std::fill(d, d + at.classes, T{0});
      return;
    }
    softmax_lane(at.classes, Unit{}, x + row * at.classes, all_allowed, d);
    const T scale = dy * at.weights[row];
    for (Index c = 0; c < at.classes; ++c) d[c] = scale * (d[c] - even);
    d[at.labels[row]] -= scale * static_cast<T>(1 - at.smoothing);
  });
}

#define EBB_INSTANTIATE(T)                                                                  \
  template void label_weights(Index, const std::int32_t*, std::optional<std::int32_t>, T*); \
  template void weighted_targets(const LabelledRows<T>&, T*);                               \
  template T cross_entropy(const LabelledRows<T>&, const T*);                               \
  template void cross_entropy_derivative(const LabelledRows<T>&, const T*, T, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
