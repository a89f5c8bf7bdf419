#include "sorting.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "fibres.h"

namespace ebb::kernels {

namespace {

template <class T>
bool before(T a, T b, bool descending) {
  const bool a_is_nan = std::isnan(a), b_is_nan = std::isnan(b);
  if (a_is_nan || b_is_nan) return descending ? a_is_nan && !b_is_nan : b_is_nan && !a_is_nan;
  return descending ? a > b : a < b;
}

template <class T>
void argsort_fibre(Index f, const Fibres& from, const Fibres& to, bool descending, const T* x, std::int32_t* y) {
  const T* const fibre = x + from.start(f);
  const Index stride = from.stride;
  std::vector<std::int32_t> order(to_size(from.extent));
  std::iota(order.begin(), order.end(), 0);
  const auto first = [&](std::int32_t i, std::int32_t j) {
    const T a = fibre[i * stride], b = fibre[j * stride];
    return before(a, b, descending) || (i < j && !before(b, a, descending));
  };
  if (to.extent == from.extent)
    std::sort(order.begin(), order.end(), first);
  else
    std::partial_sort(order.begin(), order.begin() + to.extent, order.end(), first);
  for (Index i = 0; i < to.extent; ++i) y[to.start(f) + i * to.stride] = order[to_size(i)];
}

template <class T>
void cumulative_argmax_fibre(Index f, const Fibres& fibres, const T* x, std::int32_t* y) {
  const Index start = fibres.start(f), stride = fibres.stride;
  Index largest = 0;
  for (Index i = 0; i < fibres.extent; ++i) {
    if (before(x[start + largest * stride], x[start + i * stride], false)) largest = i;
    y[start + i * stride] = static_cast<std::int32_t>(largest);
  }
}

}  // namespace

template <class T>
void argsort(const Shape& shape, int axis, bool descending, Index count, const T* x, std::int32_t* y) {
  const Fibres from(shape, axis), to(shape.with(axis, count), axis);
  if (count == 0) return;
  constexpr Index steps = 16;  // a comparison or two for each doubling of the length
  parallel_for(from.count, from.size() * steps, argsort_fibre<T>, Counter{}, from, to, descending, x, y);
}

template <class T>
void cumulative_argmax(const Shape& shape, int axis, const T* x, std::int32_t* y) {
  const Fibres fibres(shape, axis);
  parallel_for(fibres.count, fibres.size(), cumulative_argmax_fibre<T>, Counter{}, fibres, x, y);
}

#define EBB_INSTANTIATE(T)                                                        \
  template void argsort(const Shape&, int, bool, Index, const T*, std::int32_t*); \
  template void cumulative_argmax(const Shape&, int, const T*, std::int32_t*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
