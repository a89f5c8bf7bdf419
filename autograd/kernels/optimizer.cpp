#include "optimizer.h"

#include "isa/optimizer.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// An argument of parallel_for: the gradient's elements in each tile.
template <class T>
struct MovingGradient {
  ClippedGradient<T> first;
  Index step;
};
template <class T>
ClippedGradient<T> of_unit(const MovingGradient<T>& x, Index i) {
  return {x.first.g + i * x.step, x.first.first_scale, x.first.scale, x.first.limit};
}

Tiles parameter_tiles(Index n) { return {n, 1 << 14}; }

template <class T>
MovingGradient<T> of_tiles(const Tiles& tiles, const ClippedGradient<T>& g) {
  return {g, tiles.size};
}

}  // namespace

template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().clip, tiles.sizes(), of_tiles(tiles, clipped),
               tiles.of(g));
}

template <class T>
void sgd(Index n, const ClippedGradient<T>& g, const SgdStep<T>& step, T* w, T* v) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().sgd, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(v, v == nullptr ? 0 : 1));
}

template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* r) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().adam, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(m), tiles.of(r));
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* r) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().rmsprop, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(r));
}

#define EBB_INSTANTIATE(T)                                                              \
  template void clip(Index, const ClippedGradient<T>&, T*);                             \
  template void sgd(Index, const ClippedGradient<T>&, const SgdStep<T>&, T*, T*);       \
  template void adam(Index, const ClippedGradient<T>&, const AdamStep<T>&, T*, T*, T*); \
  template void rmsprop(Index, const ClippedGradient<T>&, const RmsPropStep<T>&, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
