#include "reduction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "broadcast_loops.hpp"
#include "lanes.hpp"

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
template <class T, class Y, class A, class Fold, class Join, class Finish>
void reduce(const Shape& x_shape, const T* x, const Shape& y_shape, Y* y, A start, Fold fold, Join join,
            Finish finish) {
  const ReductionLoops loops(x_shape, y_shape);
  const StridedLoops<1>&kept = loops.kept, &reduced = loops.reduced;
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

/// y[o] = finish(the sum of term(x, o), o)
template <class T, class Y, class Term, class Finish>
void sum_of(const Shape& x_shape, const T* x, const Shape& y_shape, Y* y, Term term, Finish finish) {
  reduce(
      x_shape, x, y_shape, y, 0.0, [term](double a, T v, Index o) { return a + term(v, o); },
      [](double a, double b) { return a + b; }, finish);
}

/// y[o] = the x that no other is better than. A NaN beats all, and stays.
template <class T, class Better>
void best(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, T worst, Better better) {
  const auto pick = [better](T a, T v) { return better(v, a) || v != v ? v : a; };
  reduce(
      x_shape, x, y_shape, y, worst, [pick](T a, T v, Index) { return pick(a, v); }, pick,
      [](T a, Index) { return a; });
}

}  // namespace

template <class T>
void sum(const Shape& x_shape, const T* x, const Shape& y_shape, T* y, double scale) {
  sum_of(
      x_shape, x, y_shape, y, [](T v, Index) { return static_cast<double>(v); },
      [scale](double a, Index) { return static_cast<T>(a * scale); });
}

template <class T>
void variance(const Shape& x_shape, const T* x, Index count, double correction, const Shape& y_shape, T* y) {
  const double n = static_cast<double>(count);
  std::vector<double> means(to_size(y_shape.size()));
  const double* mean = means.data();
  sum_of(
      x_shape, x, y_shape, means.data(), [](T v, Index) { return static_cast<double>(v); },
      [n](double a, Index) { return a / n; });
  sum_of(
      x_shape, x, y_shape, y,
      [mean](T v, Index o) {
        const double deviation = static_cast<double>(v) - mean[o];
        return deviation * deviation;
      },
      [n, correction](double a, Index) { return static_cast<T>(a / (n - correction)); });
}

template <class T>
void max(const Shape& x_shape, const T* x, const Shape& y_shape, T* y) {
  best(x_shape, x, y_shape, y, -std::numeric_limits<T>::infinity(), [](T a, T b) { return a > b; });
}

template <class T>
void min(const Shape& x_shape, const T* x, const Shape& y_shape, T* y) {
  best(x_shape, x, y_shape, y, std::numeric_limits<T>::infinity(), [](T a, T b) { return a < b; });
}

template <class T>
void logsumexp(const Shape& x_shape, const T* x, const Shape& y_shape, T* y) {
  std::vector<T> largest(to_size(y_shape.size()));
  const T* m = largest.data();
  max(x_shape, x, y_shape, largest.data());
  sum_of(
      x_shape, x, y_shape, y, [m](T v, Index o) { return static_cast<double>(std::exp(v - m[o])); },
      [m](double a, Index o) { return std::isinf(m[o]) ? m[o] : m[o] + static_cast<T>(std::log(a)); });
}

template <class T>
void argmax(const Shape& shape, int axis, const T* x, std::int32_t* y) {
  const Lanes lanes(shape, axis);
  lanes.for_each_numbered([&](Index number, Index start, auto stride) {
    Index at = 0;
    for (Index i = 1; i < lanes.extent; ++i) {
      const T v = x[start + i * stride], largest = x[start + at * stride];
      if (v > largest || (v != v && largest == largest)) at = i;
    }
    y[number] = static_cast<std::int32_t>(at);
  });
}

template <class T>
void cumulative_sum(const Shape& shape, int axis, bool reversed, const T* x, T* y) {
  const Lanes lanes(shape, axis);
  lanes.for_each([&](Index start, auto stride) {
    double sum = 0;
    for (Index i = 0; i < lanes.extent; ++i) {
      const Index at = start + (reversed ? lanes.extent - 1 - i : i) * stride;
      sum += static_cast<double>(x[at]);
      y[at] = static_cast<T>(sum);
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
