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

/// The numbers of some updates in groups, one for each place that they go to, in their order: those of group g are
/// order[first[g]] to order[first[g + 1] - 1].
struct ByPlace {
  const std::int32_t* indices;
  std::vector<Index> order, first;

  ByPlace(Index places, const std::int32_t* to, Index count) : indices(to), order(to_size(count)) {
    if (places <= 4 * count)
      sort_by_counting(places);
    else
      sort_by_comparing();
    for (Index k = 0; k < count; ++k)
      if (k == 0 || place(k) != place(k - 1)) first.push_back(k);
    first.push_back(count);
  }
  Index groups() const { return static_cast<Index>(first.size()) - 1; }
  /// The place of the update that comes k-th in order.
  Index place(Index k) const { return indices[order[to_size(k)]]; }

 private:
  void sort_by_counting(Index places) {
    std::vector<Index> next(to_size(places + 1));
    for (std::size_t j = 0; j < order.size(); ++j) ++next[to_size(indices[j] + 1)];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (std::size_t j = 0; j < order.size(); ++j) order[to_size(next[to_size(indices[j])]++)] = static_cast<Index>(j);
  }
  void sort_by_comparing() {
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [this](Index i, Index j) { return indices[i] < indices[j]; });
  }
};

constexpr Index columns_at_a_time = 512, groups_per_tile = 16, few = 32;

/// to += the n updates of these numbers, `step` apart.
template <class T>
void add_few(Index n, const Index* numbers, Index columns, const T* updates, Index step, T* to) {
  for (Index k = 0; k < n; ++k)
    for (Index i = 0; i < columns; ++i) to[i] += updates[numbers[k] * step + i];
}

/// The same for many: summed in T a few at a time, and these sums in double.
template <class T>
void add_many(Index n, const Index* numbers, Index columns, const T* updates, Index step, T* to) {
  std::array<double, columns_at_a_time> sum;
  std::copy_n(to, columns, sum.begin());
  for (Index k = 0; k < n; k += few) {
    std::array<T, columns_at_a_time> part{};
    add_few(std::min(few, n - k), numbers + k, columns, updates, step, part.data());
    for (Index i = 0; i < columns; ++i) sum[to_size(i)] += static_cast<double>(part[to_size(i)]);
  }
  for (Index i = 0; i < columns; ++i) to[i] = static_cast<T>(sum[to_size(i)]);
}

template <class T>
void scatter_add_groups(Index tile, Index extent, Index inner, const T* updates, const ByPlace& by_place, T* y) {
  const Index tiles = tiles_of(by_place.groups(), groups_per_tile), o = tile / tiles,
              g = tile % tiles * groups_per_tile;
  const T* const mine = updates + o * static_cast<Index>(by_place.order.size()) * inner;
  for (Index group = g; group < std::min(g + groups_per_tile, by_place.groups()); ++group) {
    const Index from = by_place.first[to_size(group)], n = by_place.first[to_size(group + 1)] - from;
    T* const to = y + (o * extent + by_place.place(from)) * inner;
    for (Index i = 0; i < inner; i += columns_at_a_time)
      (n <= few ? add_few<T> : add_many<T>)(n, by_place.order.data() + from, std::min(columns_at_a_time, inner - i),
                                            mine + i, inner, to + i);
  }
}

template <class T>
void take_within(const T* x, Index inner, const std::int32_t* indices, Index count, T* y) {
  for (Index j = 0; j < count; ++j)
    for (Index i = 0; i < inner; ++i) y[j * inner + i] = x[indices[j * inner + i] * inner + i];
}

template <class T>
void add_within(Index size, Index inner, const T* updates, const std::int32_t* indices, Index count, T* y) {
  if (count <= few) {  // without a look at all of y
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) y[indices[j * inner + i] * inner + i] += updates[j * inner + i];
    return;
  }
  std::vector<double> sums(y, y + size);
  for (Index j = 0; j < count; ++j)
    for (Index i = 0; i < inner; ++i)
      sums[to_size(indices[j * inner + i] * inner + i)] += static_cast<double>(updates[j * inner + i]);
  std::transform(sums.begin(), sums.end(), y, [](double sum) { return static_cast<T>(sum); });
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
  parallel_for(outer * tiles_of(by_place.groups(), groups_per_tile), outer * count * inner, scatter_add_groups<T>,
               Counter{}, extent, inner, updates, by_place, y);
}

template <class T>
void take_along_axis(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count,
                     T* y) {
  parallel_for(outer, outer * count * inner, take_within<T>, Moving<const T>{x, extent * inner}, inner,
               Moving<const std::int32_t>{indices, count * inner}, count, Moving<T>{y, count * inner});
}

template <class T>
void add_along_axis(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                    T* y) {
  parallel_for(outer, outer * (count <= few ? count : count + extent) * inner, add_within<T>, extent * inner, inner,
               Moving<const T>{updates, count * inner}, Moving<const std::int32_t>{indices, count * inner}, count,
               Moving<T>{y, extent * inner});
}

#define EBB_INSTANTIATE(T)                                                                      \
  template void gather(Index, Index, Index, const T*, const std::int32_t*, Index, T*);          \
  template void scatter_add(Index, Index, Index, const T*, const std::int32_t*, Index, T*);     \
  template void take_along_axis(Index, Index, Index, const T*, const std::int32_t*, Index, T*); \
  template void add_along_axis(Index, Index, Index, const T*, const std::int32_t*, Index, T*);
EBB_INSTANTIATE(float)
template void gather(Index, Index, Index, const std::int32_t*, const std::int32_t*, Index, std::int32_t*);
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
