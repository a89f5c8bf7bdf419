#include "reduction.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "../storage/array.hpp"
#include "broadcast_loops.h"
#include "isa/reduction.h"
#include "lanes.h"

namespace ebb::kernels {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The loops of a reduction over x: those over the axes that y keeps, whose count is the place in y, and inside them
/// those over the axes that it does not.
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

/// The accumulators of all results, after all elements of x that belong to them. Units of work are tiles of results,
/// for blocks of what goes into each; those blocks are joined in their order.
template <class T>
Array<double> folded(Fold<T> ReductionKernels<T>::*fold, Fold<double> ReductionKernels<double>::*join,
                     const Shape& x_shape, const T* x, const Shape& y_shape, double start, const double* about) {
  const ReductionLoops loops(x_shape, y_shape);
  const Index results = loops.kept.size(), count = loops.reduced.size();
  const Index result_step = loops.kept.inner_stride()[0], step = loops.reduced.inner_stride()[0];
  const bool across = result_step == 1 && loops.kept.inner_extent() > 1;  // whole rows of x go to neighbouring results
  constexpr Index unit = 1 << 15;
  const Index tile = std::clamp<Index>(across ? 256 : unit / std::max<Index>(count, 1), 1, std::max<Index>(results, 1));
  const Index block = std::max<Index>(unit / tile, 1);
  const Index tiles = tiles_of(results, tile), blocks = std::max<Index>(tiles_of(count, block), 1);

  Array<double> accumulators(Shape{blocks * results}, start);
  double* a = accumulators.mutable_data();
  const Fold<T>& kernel = chosen<ReductionKernels<T>>().*fold;
  parallel_for(tiles * blocks, x_shape.size(), [&](Index u) {
    const Index first = u % tiles * tile, last = std::min(first + tile, results), from = u / tiles * block;
    double* mine = a + u / tiles * results;
    loops.kept.for_each_row(first, last, [&](Index o, const auto& place, Index n) {
      loops.reduced.for_each_row(from, std::min(from + block, count), [&](Index, const auto& offset, Index m) {
        const T* at = x + place[0] + offset[0];
        if (across)
          kernel.across(m, n, at, step, about == nullptr ? nullptr : about + o, mine + o);
        else
          for (Index k = 0; k < n; ++k)
            mine[o + k] = kernel.along(m, at + k * result_step, about == nullptr ? 0 : about[o + k], mine[o + k]);
      });
    });
  });
  if (blocks > 1)
    (chosen<ReductionKernels<double>>().*join).across(blocks - 1, results, a + results, results, nullptr, a);
  return accumulators;
}

/// y[o] = finish(a[o], o)
template <class T, class Finish>
void finish_all(Index n, const double* a, T* y, Finish finish) {
  parallel_tiles(n, [&](Index first, Index count) {
    for (Index o = first; o < first + count; ++o) y[o] = finish(a[o], o);
  });
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

template <class T>
void argmax(const Shape& shape, int axis, const T* x, std::int32_t* y) {
  const Lanes lanes(shape, axis);
  const auto& kernels = chosen<ReductionKernels<T>>();
  lanes.for_each_tile([&](Index number, Index start, Index n) {
    const T* lane = x + start;
    if (lanes.stride == 1) {
      const double largest = kernels.max.along(lanes.extent, lane, 0, -infinity);
      Index i = 0;
      while (!(static_cast<double>(lane[i]) == largest || std::isnan(lane[i]))) ++i;
      y[number] = static_cast<std::int32_t>(i);
    } else {
      std::array<T, Lanes::side_by_side> largest;
      std::copy_n(lane, n, largest.data());
      std::fill_n(y + number, n, 0);
      for (Index i = 1; i < lanes.extent; ++i)
        kernels.pick_larger(n, static_cast<std::int32_t>(i), lane + i * lanes.stride, largest.data(), y + number);
    }
  });
}

template <class T>
void cumulative_sum(const Shape& shape, int axis, bool reversed, const T* x, T* y) {
  const Lanes lanes(shape, axis);
  const auto& kernels = chosen<ReductionKernels<T>>();
  const Index step = reversed ? -lanes.stride : lanes.stride;
  lanes.for_each_tile([&](Index, Index start, Index n) {
    const Index first = reversed ? start + (lanes.extent - 1) * lanes.stride : start;
    if (lanes.stride == 1) {
      double sum = 0;
      for (Index i = 0; i < lanes.extent; ++i)
        y[first + i * step] = static_cast<T>(sum += static_cast<double>(x[first + i * step]));
    } else {
      std::array<double, Lanes::side_by_side> sum{};
      for (Index i = 0; i < lanes.extent; ++i)
        kernels.accumulate(n, x + first + i * step, sum.data(), y + first + i * step);
    }
  });
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
