#include "reduction.hpp"

#include <algorithm>

#include "broadcast_loops.hpp"

namespace ebb::kernels {

namespace {

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

/// y[o] = finish(a, o), where a = fold(a, x, o) for each x that belongs to it, from `start` on; join(a, a) where a row
/// was folded in several strands.
template <class T, class A, class Fold, class Join, class Finish>
void reduce(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, A start, Fold fold, Join join,
            Finish finish) {
  const auto [kept, reduced] = ReductionLoops(x_shape, y_shape);
  const Index outputs = kept.inner_extent(), output_step = kept.inner_stride()[0];
  const Index n = reduced.inner_extent(), step = reduced.inner_stride()[0];

  if (output_step == 1 && outputs > 1) {  // whole rows of x go to neighbouring outputs
    constexpr Index tile = 256;
    kept.for_each_row([&](Index first, const auto& row) {
      for (Index o = first; o < first + outputs; o += tile) {
        const Index width = std::min(tile, first + outputs - o);
        const T* from = x + row[0] + (o - first);
        A a[tile];
        std::fill_n(a, tile, start);
        reduced.for_each_row([&](Index, const auto& at) {
          for (Index i = 0; i < n; ++i)
            for (Index k = 0; k < width; ++k) a[k] = fold(a[k], from[at[0] + i * step + k], o + k);
        });
        for (Index k = 0; k < width; ++k) y[o + k] = finish(a[k], o + k);
      }
    });
    return;
  }
  constexpr Index strands = 8;  // independent, so that they can run side by side
  kept.for_each_row([&](Index first, const auto& row) {
    for (Index o = first; o < first + outputs; ++o) {
      A a[strands];
      std::fill_n(a, strands, start);
      reduced.for_each_row([&](Index, const auto& at) {
        const T* from = x + row[0] + (o - first) * output_step + at[0];
        Index i = 0;
        for (; i + strands <= n; i += strands)
          for (Index k = 0; k < strands; ++k) a[k] = fold(a[k], from[i + k], o);
        for (; i < n; ++i) a[0] = fold(a[0], from[i], o);
      });
      for (Index k = 1; k < strands; ++k) a[0] = join(a[0], a[k]);
      y[o] = finish(a[0], o);
    }
  });
}

}  // namespace

template <class T>
void sum(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, double scale) {
  reduce(
      x_shape, x, y_shape, y, 0.0, [](double a, T v, Index) { return a + static_cast<double>(v); },
      [](double a, double b) { return a + b; }, [scale](double a, Index) { return static_cast<T>(a * scale); });
}

#define EBB_INSTANTIATE(T) template void sum(const Shape&, const T*, const Shape&, T*, double);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
