#include "indexing.h"

#include <algorithm>

#include "parallel.h"

namespace ebb::kernels {

Index first_outside(const std::int32_t* indices, Index count, Index extent) {
  for (Index i = 0; i < count; ++i)
    if (indices[i] < 0 || indices[i] >= extent) return i;
  return -1;
}

namespace {

template <class T>
void gather_rows(Index first, Index rows, Index extent, Index inner, const T* x, const std::int32_t* indices,
                 Index count, T* y) {
  for (Index row = first; row < first + rows; ++row) {
    const Index o = row / count, j = row % count;
    std::copy_n(x + (o * extent + indices[j]) * inner, inner, y + row * inner);
  }
}

constexpr Index columns_per_tile = 128;

/// Each column is added up on one thread, in the order of the updates.
template <class T>
void scatter_add_columns(Index tile, Index extent, Index inner, const T* updates, const std::int32_t* indices,
                         Index count, T* y) {
  const Index tiles = tiles_of(inner, columns_per_tile), o = tile / tiles, first = tile % tiles * columns_per_tile;
  const Index columns = std::min(columns_per_tile, inner - first);
  for (Index j = 0; j < count; ++j) {
    const T* from = updates + (o * count + j) * inner + first;
    T* to = y + (o * extent + indices[j]) * inner + first;
    for (Index i = 0; i < columns; ++i) to[i] += from[i];
  }
}

}  // namespace

template <class T>
void gather(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count, T* y) {
  const Tiles tiles = row_tiles(outer * count, inner);
  parallel_for(tiles.count(), outer * count * inner, gather_rows<T>, tiles.starts(), tiles.sizes(), extent, inner, x,
               indices, count, y);
}

template <class T>
void scatter_add(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                 T* y) {
  parallel_for(outer * tiles_of(inner, columns_per_tile), outer * count * inner, scatter_add_columns<T>, Counter{},
               extent, inner, updates, indices, count, y);
}

template <class T>
void take_along_axis(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count,
                     T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index index = (o * count + j) * inner + i;
        y[index] = x[(o * extent + indices[index]) * inner + i];
      }
}

template <class T>
void add_along_axis(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                    T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index index = (o * count + j) * inner + i;
        y[(o * extent + indices[index]) * inner + i] += updates[index];
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
