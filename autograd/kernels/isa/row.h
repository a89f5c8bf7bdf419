#pragma once

#include <limits>

#include "map.h"

// Loops over a row that reduce it, or that write more than one result.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// A vector's place in a row: elements i, i + 1, ... of it.
template <class T>
struct Whole {
  Index i;
  Vector<T> load(const T* row, T = 0) const { return Vector<T>::load_unaligned(row + i); }
  void store(Vector<T> vector, T* row) const { vector.store_unaligned(row + i); }
};

/// The place of the last vector in a row, if it is not whole: n elements, fewer than it has lanes. When it is loaded,
/// the other lanes become `rest`.
template <class T>
struct Partial {
  Index i, n;
  Vector<T> load(const T* row, T rest = 0) const { return EBB_ISA::load<T>(n, row + i, rest); }
  void store(Vector<T> vector, T* row) const { EBB_ISA::store<T>(n, vector, row + i); }
};

template <class T>
Vector<T> choose(xsimd::batch_bool<T, Arch> condition, Vector<T> yes, Vector<T> no) {
  return xsimd::select(condition, yes, no);
}

/// Calls f(place) for the vectors of a row of n elements.
template <class T, class F>
void for_each_vector(Index n, F f) {
  Index i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) f(Whole<T>{i});
  if (i < n) f(Partial<T>{i, n - i});
}

template <class T, int count>
struct Vectors {
  Vector<T> of[count];
};

/// Computes `count` sums over a row, to which add(place, sums) adds a vector of elements each. Each element goes to one
/// of four vectors of partial sums, by its place alone; these are added up in double after every 64 vectors, so that
/// also a sum of floats keeps its digits however long the row is.
template <class T, int count>
struct Sums {
  double of[count];
};
template <class T, int count, class Add>
Sums<T, count> sums_over(Index n, Add add) {
  constexpr int strands = 4;
  constexpr Index block = 64 * lanes<T>;
  Vectors<T, count> zeros;
  for (int s = 0; s < count; ++s) zeros.of[s] = Vector<T>(T{0});
  Sums<T, count> result{};
  for (Index begin = 0; begin < n; begin += block) {
    const Index end = n - begin < block ? n : begin + block;
    Vectors<T, count> sum[strands] = {zeros, zeros, zeros, zeros};
    Index i = begin;
    for (; i + strands * lanes<T> <= end; i += strands * lanes<T>)
#pragma GCC unroll 4
      for (int k = 0; k < strands; ++k) add(Whole<T>{i + k * lanes<T>}, sum[k].of);
#pragma GCC unroll 4
    for (int k = 0; k < strands - 1; ++k, i += lanes<T>) {
      if (end - i < lanes<T>) break;
      add(Whole<T>{i}, sum[k].of);
    }
    if (i < end) {
      Vectors<T, count> last = zeros;
      add(Partial<T>{i, end - i}, last.of);
      alignas(64) T element[lanes<T>];
      for (int s = 0; s < count; ++s) {
        last.of[s].store_aligned(element);
        sum[strands - 1].of[s] += load<T>(end - i, element);  // without what stood in for the missing elements
      }
    }
    for (int s = 0; s < count; ++s)
      result.of[s] +=
          static_cast<double>(sum_of_elements<T>((sum[0].of[s] + sum[1].of[s]) + (sum[2].of[s] + sum[3].of[s])));
  }
  return result;
}

/// The largest element of a vector; any, if one is NaN.
template <class T>
T largest_element(Vector<T> vector) {
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    return _mm512_reduce_max_ps(vector);
  else
    return _mm512_reduce_max_pd(vector);
#else
  alignas(64) T element[lanes<T>];
  vector.store_aligned(element);
  T result = element[0];
  for (Index k = 1; k < lanes<T>; ++k) result = element[k] > result ? element[k] : result;
  return result;
#endif
}

/// The largest element of term(place) over the vectors of a row, or minus infinity if the row is empty. In a vector
/// that is not whole, term gives minus infinity for the missing elements. NaN may be passed over.
template <class T, class Term>
T largest_of(Index n, Term term) {
  constexpr int strands = 4;
  const Vector<T> lowest(-std::numeric_limits<T>::infinity());
  Vector<T> largest[strands] = {lowest, lowest, lowest, lowest};
  Index i = 0;
  for (; i + strands * lanes<T> <= n; i += strands * lanes<T>)
#pragma GCC unroll 4
    for (int k = 0; k < strands; ++k) largest[k] = xsimd::max(largest[k], term(Whole<T>{i + k * lanes<T>}));
  for (; i + lanes<T> <= n; i += lanes<T>) largest[0] = xsimd::max(largest[0], term(Whole<T>{i}));
  if (i < n) largest[1] = xsimd::max(largest[1], term(Partial<T>{i, n - i}));
  return largest_element<T>(xsimd::max(xsimd::max(largest[0], largest[1]), xsimd::max(largest[2], largest[3])));
}

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels
