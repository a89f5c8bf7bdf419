#include "indexing.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

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

/// The numbers of some updates, in the order of the places that they go to: those of place m are order[start[m]] to
/// order[start[m + 1] - 1], one after the other.
struct ByPlace {
  std::vector<Index> start, order;

  ByPlace(Index places, const std::int32_t* indices, Index count) : start(to_size(places + 1)), order(to_size(count)) {
    for (Index j = 0; j < count; ++j) ++start[to_size(indices[j] + 1)];
    std::partial_sum(start.begin(), start.end(), start.begin());
    std::vector<Index> next = start;
    for (Index j = 0; j < count; ++j) order[to_size(next[to_size(indices[j])]++)] = j;
  }
};

constexpr Index columns_at_a_time = 512, places_per_tile = 32;

/// to += the sum of the n updates of these numbers, `step` apart: summed in T a few at a time, and these in double.
template <class T>
void add_updates(Index n, const Index* numbers, Index columns, const T* updates, Index step, T* to) {
  constexpr Index few = 32;
  std::array<double, columns_at_a_time> sum;
  std::array<T, columns_at_a_time> part;
  std::copy_n(to, columns, sum.begin());
  for (Index first = 0; first < n; first += few) {
    std::copy_n(updates + numbers[first] * step, columns, part.begin());
    for (Index k = first + 1; k < std::min(n, first + few); ++k)
      for (Index i = 0; i < columns; ++i) part[to_size(i)] += updates[numbers[k] * step + i];
    for (Index i = 0; i < columns; ++i) sum[to_size(i)] += static_cast<double>(part[to_size(i)]);
  }
  for (Index i = 0; i < columns; ++i) to[i] = static_cast<T>(sum[to_size(i)]);
}

template <class T>
void scatter_add_places(Index tile, Index extent, Index inner, const T* updates, const ByPlace& by_place, T* y) {
  const Index tiles = tiles_of(extent, places_per_tile), o = tile / tiles, first = tile % tiles * places_per_tile;
  const T* const mine = updates + o * static_cast<Index>(by_place.order.size()) * inner;
  for (Index m = first; m < std::min(first + places_per_tile, extent); ++m) {
    const Index from = by_place.start[to_size(m)], n = by_place.start[to_size(m + 1)] - from;
    for (Index i = 0; n > 0 && i < inner; i += columns_at_a_time)
      add_updates(n, by_place.order.data() + from, std::min(columns_at_a_time, inner - i), mine + i, inner,
                  y + (o * extent + m) * inner + i);
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
  const ByPlace by_place(extent, indices, count);
  parallel_for(outer * tiles_of(extent, places_per_tile), outer * count * inner, scatter_add_places<T>, Counter{},
               extent, inner, updates, by_place, y);
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
  std::vector<double> sums(to_size(outer > 0 ? extent * inner : 0));
  for (Index o = 0; o < outer; ++o, y += extent * inner) {
    std::copy_n(y, sums.size(), sums.begin());
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index index = (o * count + j) * inner + i;
        sums[to_size(indices[index] * inner + i)] += static_cast<double>(updates[index]);
      }
    std::transform(sums.begin(), sums.end(), y, [](double sum) { return static_cast<T>(sum); });
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
