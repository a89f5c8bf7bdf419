#include "indexing.h"

#include <algorithm>

#include "parallel.h"

namespace ebb::kernels {

Index first_outside(const std::int32_t* indices, Index count, Index extent) {
  for (Index i = 0; i < count; ++i)
    if (indices[i] < 0 || indices[i] >= extent) return i;
  return -1;
}

template <class T>
void gather(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count, T* y) {
  const Index rows = outer * count;
  const Index tile = std::max<Index>(1, (1 << 13) / std::max<Index>(1, inner));
  parallel_for(tiles_of(rows, tile), rows * inner, [=](Index number) {
    for (Index row = number * tile; row < std::min(rows, (number + 1) * tile); ++row) {
      const Index o = row / count, j = row % count;
      std::copy_n(x + (o * extent + indices[j]) * inner, inner, y + row * inner);
    }
  });
}

template <class T>
void scatter_add(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                 T* y) {
  constexpr Index tile = 128;  // columns: each is added up on one thread, in the order of the updates
  const Index tiles = tiles_of(inner, tile);
  parallel_for(outer * tiles, outer * count * inner, [=](Index number) {
    const Index o = number / tiles, first = number % tiles * tile, width = std::min(tile, inner - first);
    for (Index j = 0; j < count; ++j) {
      const T* from = updates + (o * count + j) * inner + first;
      T* to = y + (o * extent + indices[j]) * inner + first;
      for (Index i = 0; i < width; ++i) to[i] += from[i];
    }
  });
}

template <class T>
void take_along_axis(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count,
                     T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index at = (o * count + j) * inner + i;
        y[at] = x[(o * extent + indices[at]) * inner + i];
      }
}

template <class T>
void add_along_axis(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                    T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index at = (o * count + j) * inner + i;
        y[(o * extent + indices[at]) * inner + i] += updates[at];
      }
}

#define EBB_INSTANTIATE(T)                                                                      \
  template void gather(Index, Index, Index, const T*, const std::int32_t*, Index, T*);          \
  template void scatter_add(Index, Index, Index, const T*, const std::int32_t*, Index, T*);     \
  template void take_along_axis(Index, Index, Index, const T*, const std::int32_t*, Index, T*); \
  template void add_along_axis(Index, Index, Index, const T*, const std::int32_t*, Index, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
