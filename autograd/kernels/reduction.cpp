#include "reduction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "../storage/array.hpp"
#include "broadcast_loops.h"
#include "fibres.h"
#include "isa/reduction.h"

namespace ebb::kernels {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The loops of a reduction over x: those over the axes that y keeps, whose steps are the places in y, and inside them
/// those over the axes that y lacks.
struct ReductionLoops {
  StridedLoops<1> kept, reduced;

  ReductionLoops(const Shape& x, const Shape& y) {
    Index step = x.size();
    const int missing = x.rank() - y.rank();
    for (int axis = 0; axis < x.rank(); ++axis) {
      step = x[axis] > 0 ? step / x[axis] : 0;
      const bool keeps = axis >= missing && y[axis - missing] == x[axis];
      (keeps ? kept : reduced).push(x[axis], {step});
    }
  }
};

/// A reduction in units of work: tiles of results, and for each tile the blocks of the elements that go into it.
struct FoldUnits {
  ReductionLoops loops;
  Index results, count;  // the number of results, and of the elements that go into each
  bool across;           // whole rows of x go to neighbouring results
  Index tile, block;

  FoldUnits(const Shape& x, const Shape& y)
      : loops(x, y),
        results(loops.kept.size()),
        count(loops.reduced.size()),
        across(loops.kept.inner_stride()[0] == 1 && loops.kept.inner_extent() > 1) {
    constexpr Index unit = 1 << 15;  // elements of x
    const Index wanted = across ? 256 : unit / std::max<Index>(count, 1);
    tile = std::clamp<Index>(wanted, 1, std::max<Index>(results, 1));
    block = std::max<Index>(unit / tile, 1);
  }
  Index tiles() const { return tiles_of(results, tile); }
  Index blocks() const { return std::max<Index>(tiles_of(count, block), 1); }
};

/// Folds the elements of one unit into its accumulators: those of its tile, in the row of its block.
template <class T>
void fold_unit(Index unit, const FoldUnits& units, const Fold<T>& fold, const T* x, const double* about,
               double* accumulators) {
  const Index first = unit % units.tiles() * units.tile, from = unit / units.tiles() * units.block;
  const Index last = std::min(first + units.tile, units.results), to = std::min(from + units.block, units.count);
  const Index result_step = units.loops.kept.inner_stride()[0], step = units.loops.reduced.inner_stride()[0];
  double* const mine = accumulators + unit / units.tiles() * units.results;
  for (RowCursor kept(units.loops.kept, first, last); !kept.done(); kept.next())
    for (RowCursor reduced(units.loops.reduced, from, to); !reduced.done(); reduced.next()) {
      const T* row = x + kept.offset()[0] + reduced.offset()[0];
      const Index o = kept.before();
      if (units.across)
        fold.across(reduced.size(), kept.size(), row, step, about == nullptr ? nullptr : about + o, mine + o);
      else
        for (Index k = 0; k < kept.size(); ++k)
          mine[o + k] =
              fold.along(reduced.size(), row + k * result_step, about == nullptr ? 0 : about[o + k], mine[o + k]);
    }
}

/// The accumulators of all results, after all elements of x that belong to them. The blocks of a result are joined in
/// their order.
template <class T>
Array<double> folded(Fold<T> ReductionKernels<T>::*fold, Fold<double> ReductionKernels<double>::*join,
                     const Shape& x_shape, const T* x, const Shape& y_shape, double start, const double* about) {
  const FoldUnits units(x_shape, y_shape);
  const Index blocks = units.blocks(), results = units.results;
  Array<double> accumulators(Shape{blocks * results}, start);
  double* a = accumulators.mutable_data();
  parallel_for(units.tiles() * blocks, x_shape.size(), fold_unit<T>, Counter{}, units,
               chosen<ReductionKernels<T>>().*fold, x, about, a);
  if (blocks > 1)
    (chosen<ReductionKernels<double>>().*join).across(blocks - 1, results, a + results, results, nullptr, a);
  return accumulators;
}

template <class T, class Finish>
void finish_tile(Index first, Index count, const Finish& finish, const double* a, T* y) {
  for (Index o = first; o < first + count; ++o) y[o] = finish(a[o], o);
}

/// y[o] = finish(a[o], o)
template <class T, class Finish>
void finish_all(Index n, const double* a, T* y, Finish finish) {
  const Tiles tiles = element_tiles(n);
  parallel_for(tiles.count(), n, finish_tile<T, Finish>, tiles.starts(), tiles.sizes(), finish, a, y);
}

}  // namespace

template <class T>
void sum(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, double scale) {
  const auto a = folded(&ReductionKernels<T>::sum, &ReductionKernels<double>::sum, x_shape, x, y_shape, 0, nullptr);
  finish_all(y_shape.size(), a.data(), y, [scale](double sum, Index) { return static_cast<T>(sum * scale); });
}

template <class T>
void variance(const Shape& x_shape, const T* x, Index count, double correction, const Shape& y_shape, T* y) {
  const double n = static_cast<double>(count);
  constexpr auto sum = &ReductionKernels<double>::sum;
  auto mean = folded(&ReductionKernels<T>::sum, sum, x_shape, x, y_shape, 0, nullptr);
  finish_all(y_shape.size(), mean.data(), mean.mutable_data(), [n](double total, Index) { return total / n; });
  const auto a = folded(&ReductionKernels<T>::squares, sum, x_shape, x, y_shape, 0, mean.data());
  finish_all(y_shape.size(), a.data(), y,
             [n, correction](double squares, Index) { return static_cast<T>(squares / (n - correction)); });
}

template <class T>
void max(const Shape& x_shape, const T* x, const Shape& y_shape, T* y) {
  const auto a =
      folded(&ReductionKernels<T>::max, &ReductionKernels<double>::max, x_shape, x, y_shape, -infinity, nullptr);
  finish_all(y_shape.size(), a.data(), y, [](double largest, Index) { return static_cast<T>(largest); });
}

template <class T>
void min(const Shape& x_shape, const T* x, const Shape& y_shape, T* y) {
  const auto a =
      folded(&ReductionKernels<T>::min, &ReductionKernels<double>::min, x_shape, x, y_shape, infinity, nullptr);
  finish_all(y_shape.size(), a.data(), y, [](double smallest, Index) { return static_cast<T>(smallest); });
}

template <class T>
void logsumexp(const Shape& x_shape, const T* x, const Shape& y_shape, T* y) {
  const auto largest =
      folded(&ReductionKernels<T>::max, &ReductionKernels<double>::max, x_shape, x, y_shape, -infinity, nullptr);
  const double* m = largest.data();
  const auto a = folded(&ReductionKernels<T>::exponentials, &ReductionKernels<double>::sum, x_shape, x, y_shape, 0, m);
  finish_all(y_shape.size(), a.data(), y,
             [m](double sum, Index o) { return static_cast<T>(std::isinf(m[o]) ? m[o] : m[o] + std::log(sum)); });
}

namespace {

template <class T>
void argmax_tile(Index t, const Fibres& fibres, const T* x, std::int32_t* y) {
  const auto& kernels = chosen<ReductionKernels<T>>();
  const auto [number, start, n] = fibres.tile(t);
  const T* fibre = x + start;
  if (fibres.stride == 1) {
    const double largest = kernels.max.along(fibres.extent, fibre, 0, -infinity);
    Index i = 0;
    while (!(static_cast<double>(fibre[i]) == largest || std::isnan(fibre[i]))) ++i;
    y[number] = static_cast<std::int32_t>(i);
  } else {
    std::array<T, Fibres::most_in_tile> largest;
    std::copy_n(fibre, n, largest.data());
    std::fill_n(y + number, n, 0);
    for (Index i = 1; i < fibres.extent; ++i)
      kernels.pick_larger(n, static_cast<std::int32_t>(i), fibre + i * fibres.stride, largest.data(), y + number);
  }
}

template <class T>
void cumulative_sum_tile(Index t, const Fibres& fibres, bool reversed, const T* x, T* y) {
  const FibreTile tile = fibres.tile(t);
  const Index step = reversed ? -fibres.stride : fibres.stride;
  const Index first = reversed ? tile.start + (fibres.extent - 1) * fibres.stride : tile.start;
  if (fibres.stride == 1) {
    double sum = 0;
    for (Index i = 0; i < fibres.extent; ++i)
      y[first + i * step] = static_cast<T>(sum += static_cast<double>(x[first + i * step]));
  } else {
    std::array<double, Fibres::most_in_tile> sum{};
    for (Index i = 0; i < fibres.extent; ++i)
      chosen<ReductionKernels<T>>().accumulate(tile.count, x + first + i * step, sum.data(), y + first + i * step);
  }
}

}  // namespace

template <class T>
void argmax(const Shape& shape, int axis, const T* x, std::int32_t* y) {
  const Fibres fibres(shape, axis);
  parallel_for(fibres.tiles(), fibres.size(), argmax_tile<T>, Counter{}, fibres, x, y);
}

template <class T>
void cumulative_sum(const Shape& shape, int axis, bool reversed, const T* x, T* y) {
  const Fibres fibres(shape, axis);
  parallel_for(fibres.tiles(), fibres.size(), cumulative_sum_tile<T>, Counter{}, fibres, reversed, x, y);
}

#define EBB_INSTANTIATE(T)                                                         \
  template void sum(const Shape&, const T*, const Shape&, T*, double);             \
  template void variance(const Shape&, const T*, Index, double, const Shape&, T*); \
  template void max(const Shape&, const T*, const Shape&, T*);                     \
  template void min(const Shape&, const T*, const Shape&, T*);                     \
  template void logsumexp(const Shape&, const T*, const Shape&, T*);               \
  template void argmax(const Shape&, int, const T*, std::int32_t*);                \
  template void cumulative_sum(const Shape&, int, bool, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
