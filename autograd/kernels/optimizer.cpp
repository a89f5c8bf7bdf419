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

template <class T>
void scale_columns_of_rows(Index rows, Index columns, const T* scales, const T* x, T* y) {
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) y[i * columns + k] = scales[k] * x[i * columns + k];
}

}  // namespace

template <class T>
void scale_columns(Index rows, Index columns, const T* scales, const T* x, T* y) {
  const Tiles tiles = row_tiles(rows, columns);
  parallel_for(tiles.count(), rows * columns, scale_columns_of_rows<T>, tiles.sizes(), columns, scales,
               tiles.of(x, columns), tiles.of(y, columns));
}

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
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* r, T* largest) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().adam, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(m), tiles.of(r), tiles.of(largest, largest == nullptr ? 0 : 1));
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* r) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().rmsprop, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(r));
}

template <class T>
void adagrad(Index n, const ClippedGradient<T>& g, const AdagradStep<T>& step, T* w, T* r) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().adagrad, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(r));
}

template <class T>
void lion(Index n, const ClippedGradient<T>& g, const LionStep<T>& step, T* w, T* m) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().lion, tiles.sizes(), of_tiles(tiles, g), step,
               tiles.of(w), tiles.of(m));
}

template <class T>
void move_mean(Index n, T part, const T* x, T* mean) {
  const Tiles tiles = parameter_tiles(n);
  parallel_for(tiles.count(), n, chosen<OptimizerKernels<T>>().move_mean, tiles.sizes(), part, tiles.of(x),
               tiles.of(mean));
}

#define EBB_INSTANTIATE(T)                                                                  \
  template void scale_columns(Index, Index, const T*, const T*, T*);                        \
  template void clip(Index, const ClippedGradient<T>&, T*);                                 \
  template void sgd(Index, const ClippedGradient<T>&, const SgdStep<T>&, T*, T*);           \
  template void adam(Index, const ClippedGradient<T>&, const AdamStep<T>&, T*, T*, T*, T*); \
  template void rmsprop(Index, const ClippedGradient<T>&, const RmsPropStep<T>&, T*, T*);   \
  template void adagrad(Index, const ClippedGradient<T>&, const AdagradStep<T>&, T*, T*);   \
  template void lion(Index, const ClippedGradient<T>&, const LionStep<T>&, T*, T*);         \
  template void move_mean(Index, T, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
