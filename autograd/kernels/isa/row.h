#pragma once

#include <limits>

#include "map.h"

// Loops over a row that reduce it, or that write more than one result.
namespace ebb::kernels {

namespace {

/// A vector's place in a row: elements i, i + 1, ... of it.
template <class T>
struct Whole {
  Index i;
  Batch<T> load(const T* row, T = 0) const { return Batch<T>::load_unaligned(row + i); }
  void store(Batch<T> vector, T* row) const { vector.store_unaligned(row + i); }
};

/// The place of the last vector in a row, if it is not whole: n elements, fewer than its width. For loads, `rest`
/// stands in for the others.
template <class T>
struct Partial {
  Index i, n;
  Batch<T> load(const T* row, T rest = 0) const { return kernels::load<T>(n, row + i, rest); }
  void store(Batch<T> vector, T* row) const { kernels::store<T>(n, vector, row + i); }
};

template <class T>
Batch<T> choose(xsimd::batch_bool<T, Arch> condition, Batch<T> yes, Batch<T> no) {
  return xsimd::select(condition, yes, no);
}

/// Calls f(place) for the vectors of a row of n elements.
template <class T, class F>
void for_each_vector(Index n, F f) {
  Index i = 0;
  for (; i + width<T> <= n; i += width<T>) f(Whole<T>{i});
  if (i < n) f(Partial<T>{i, n - i});
}

template <class T, int count>
struct Vectors {
  Batch<T> at[count];
};

/// What add(place, sums) adds to `count` sums, over the vectors of a row. Each element goes to one of four vectors of
/// partial sums, by its place alone; these are added up in double after every 64 vectors, so that also a sum of floats
/// keeps its digits however long the row is.
template <class T, int count>
struct Sums {
  double of[count];
};
template <class T, int count, class Add>
Sums<T, count> sums_over(Index n, Add add) {
  constexpr int strands = 4;
  constexpr Index block = 64 * width<T>;
  Vectors<T, count> zeros;
  for (int s = 0; s < count; ++s) zeros.at[s] = Batch<T>(T{0});
  Sums<T, count> result{};
  for (Index begin = 0; begin < n; begin += block) {
    const Index end = n - begin < block ? n : begin + block;
    Vectors<T, count> sum[strands] = {zeros, zeros, zeros, zeros};
    Index i = begin;
    for (; i + strands * width<T> <= end; i += strands * width<T>)
#pragma GCC unroll 4
      for (int k = 0; k < strands; ++k) add(Whole<T>{i + k * width<T>}, sum[k].at);
#pragma GCC unroll 4
    for (int k = 0; k < strands - 1; ++k, i += width<T>) {
      if (end - i < width<T>) break;
      add(Whole<T>{i}, sum[k].at);
    }
    if (i < end) {
      Vectors<T, count> last = zeros;
      add(Partial<T>{i, end - i}, last.at);
      alignas(64) T lanes[width<T>];
      for (int s = 0; s < count; ++s) {
        last.at[s].store_aligned(lanes);
        sum[strands - 1].at[s] += load<T>(end - i, lanes);  // without what stood in for the missing elements
      }
    }
    for (int s = 0; s < count; ++s)
      result.of[s] +=
          static_cast<double>(sum_of_lanes<T>((sum[0].at[s] + sum[1].at[s]) + (sum[2].at[s] + sum[3].at[s])));
  }
  return result;
}

/// The largest element of a vector; any, if one is NaN.
template <class T>
T largest_lane(Batch<T> vector) {
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    return _mm512_reduce_max_ps(vector);
  else
    return _mm512_reduce_max_pd(vector);
#else
  alignas(64) T lanes[width<T>];
  vector.store_aligned(lanes);
  T result = lanes[0];
  for (Index k = 1; k < width<T>; ++k) result = lanes[k] > result ? lanes[k] : result;
  return result;
#endif
}

/// The largest of term(place), a vector with minus infinity for a missing element, over the vectors of a row; -inf of
/// an empty one. NaN may be passed over.
template <class T, class Term>
T largest_of(Index n, Term term) {
  constexpr int strands = 4;
  const Batch<T> lowest(-std::numeric_limits<T>::infinity());
  Batch<T> largest[strands] = {lowest, lowest, lowest, lowest};
  Index i = 0;
  for (; i + strands * width<T> <= n; i += strands * width<T>)
#pragma GCC unroll 4
    for (int k = 0; k < strands; ++k) largest[k] = xsimd::max(largest[k], term(Whole<T>{i + k * width<T>}));
  for (; i + width<T> <= n; i += width<T>) largest[0] = xsimd::max(largest[0], term(Whole<T>{i}));
  if (i < n) largest[1] = xsimd::max(largest[1], term(Partial<T>{i, n - i}));
  return largest_lane<T>(xsimd::max(xsimd::max(largest[0], largest[1]), xsimd::max(largest[2], largest[3])));
}

}  // namespace

}  // namespace ebb::kernels
