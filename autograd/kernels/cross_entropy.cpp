#include "cross_entropy.h"

#include <algorithm>
#include <vector>

#include "isa/softmax.h"
#include "ordered_sum.h"
#include "parallel.h"

namespace ebb::kernels {

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

namespace {

template <class T>
void losses_of_rows(Index first, Index count, const LabelledRows<T>& at, const T* x, double* losses) {
  const auto& kernels = chosen<SoftmaxKernels<T>>();
  for (Index row = first; row < first + count; ++row)
    if (at.weights[row] != 0)
      losses[row] = static_cast<double>(at.weights[row]) *
                    kernels.cross_entropy(at.classes, x + row * at.classes, at.labels[row], at.smoothing);
}

template <class T>
void derivatives_of_rows(Index first, Index count, const LabelledRows<T>& at, const T* x, T dy, T* dx) {
  const auto& kernels = chosen<SoftmaxKernels<T>>();
  for (Index row = first; row < first + count; ++row) {
    T* d = dx + row * at.classes;
    if (at.weights[row] == 0)
      std::fill(d, d + at.classes, T{0});
    else
      kernels.cross_entropy_derivative(at.classes, d, x + row * at.classes, at.labels[row], at.smoothing,
                                       dy * at.weights[row]);
  }
}

}  // namespace

template <class T>
T cross_entropy(const LabelledRows<T>& at, const T* x) {
  std::vector<double> losses(to_size(at.rows));
  const Tiles tiles = row_tiles(at.rows, at.classes);
  parallel_for(tiles.count(), at.rows * at.classes, losses_of_rows<T>, tiles.starts(), tiles.sizes(), at, x,
               losses.data());
  return static_cast<T>(ordered_sum(at.rows, [&](Index row) { return losses[to_size(row)]; }));
}

template <class T>
void cross_entropy_derivative(const LabelledRows<T>& at, const T* x, T dy, T* dx) {
  const Tiles tiles = row_tiles(at.rows, at.classes);
  parallel_for(tiles.count(), at.rows * at.classes, derivatives_of_rows<T>, tiles.starts(), tiles.sizes(), at, x, dy,
               dx);
}

#define EBB_INSTANTIATE(T)                                                                  \
  template void label_weights(Index, const std::int32_t*, std::optional<std::int32_t>, T*); \
  template void weighted_targets(const LabelledRows<T>&, T*);                               \
  template T cross_entropy(const LabelledRows<T>&, const T*);                               \
  template void cross_entropy_derivative(const LabelledRows<T>&, const T*, T, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
