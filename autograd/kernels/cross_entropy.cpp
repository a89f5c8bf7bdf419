#include "cross_entropy.h"

#include <algorithm>
#include <vector>

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
void one_hot(const LabelledRows<T>& rows, T* y) {
  std::fill_n(y, rows.count * rows.classes, T{0});
  for (Index row = 0; row < rows.count; ++row)
    if (rows.weights[row] != 0) y[row * rows.classes + rows.labels[row]] = T{1};
}

template <class T>
T cross_entropy(const LabelledRows<T>& rows, const T* x) {
  std::vector<double> losses(to_size(rows.count));
  const Tiles tiles = row_tiles(rows.count, rows.classes);
  parallel_for(tiles.count(), rows.count * rows.classes, chosen<SoftmaxKernels<T>>().cross_entropy, tiles.starts(),
               tiles.sizes(), rows, x, losses.data());
  return static_cast<T>(ordered_sum(rows.count, [&](Index row) { return losses[to_size(row)]; }));
}

template <class T>
void cross_entropy_derivative(const LabelledRows<T>& rows, const T* x, T dy, T* dx) {
  const Tiles tiles = row_tiles(rows.count, rows.classes);
  parallel_for(tiles.count(), rows.count * rows.classes, chosen<SoftmaxKernels<T>>().cross_entropy_derivative,
               tiles.starts(), tiles.sizes(), rows, x, dy, dx);
}

#define EBB_INSTANTIATE(T)                                                                  \
  template void label_weights(Index, const std::int32_t*, std::optional<std::int32_t>, T*); \
  template void one_hot(const LabelledRows<T>&, T*);                                        \
  template T cross_entropy(const LabelledRows<T>&, const T*);                               \
  template void cross_entropy_derivative(const LabelledRows<T>&, const T*, T, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
