#include "optimizer.h"

#include <algorithm>

#include "isa/optimizer.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// Calls tile(n, gradient, first) for pieces of a parameter of n elements, maybe on several threads.
template <class T, class Tile>
void for_each_tile(Index n, const ClippedGradient<T>& g, Tile tile) {
  constexpr Index size = 1 << 14;
  parallel_for((n + size - 1) / size, n, [&](Index number) {
    const Index first = number * size;
    tile(std::min(size, n - first), ClippedGradient<T>{g.g + first, g.scale, g.limit}, first);
  });
}

}  // namespace

template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g) {
  const auto& kernels = chosen<OptimizerKernels<T>>();
  for_each_tile(n, clipped, [&](Index count, const auto& from, Index first) { kernels.clip(count, from, g + first); });
}

template <class T>
void sgd(Index n, const ClippedGradient<T>& g, const SgdStep<T>& step, T* w, T* v) {
  const auto& kernels = chosen<OptimizerKernels<T>>();
  for_each_tile(n, g, [&](Index count, const auto& from, Index first) {
    kernels.sgd(count, from, step, w + first, v == nullptr ? nullptr : v + first);
  });
}

template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* v) {
  const auto& kernels = chosen<OptimizerKernels<T>>();
  for_each_tile(n, g, [&](Index count, const auto& from, Index first) {
    kernels.adam(count, from, step, w + first, m + first, v + first);
  });
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* v) {
  const auto& kernels = chosen<OptimizerKernels<T>>();
  for_each_tile(n, g, [&](Index count, const auto& from, Index first) {
    kernels.rmsprop(count, from, step, w + first, v + first);
  });
}

#define EBB_INSTANTIATE(T)                                                              \
  template void clip(Index, const ClippedGradient<T>&, T*);                             \
  template void sgd(Index, const ClippedGradient<T>&, const SgdStep<T>&, T*, T*);       \
  template void adam(Index, const ClippedGradient<T>&, const AdamStep<T>&, T*, T*, T*); \
  template void rmsprop(Index, const ClippedGradient<T>&, const RmsPropStep<T>&, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
