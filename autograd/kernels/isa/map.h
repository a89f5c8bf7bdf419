#pragma once

#include "simd.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// The vector at x. If n is less than its number of lanes, only n elements are read, and the other lanes become `rest`.
template <class T>
Vector<T> load(Index n, const T* x, T rest = 0) {
  if (n >= lanes<T>) return Vector<T>::load_unaligned(x);
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    return _mm512_mask_loadu_ps(_mm512_set1_ps(rest), static_cast<__mmask16>((1 << n) - 1), x);
  else
    return _mm512_mask_loadu_pd(_mm512_set1_pd(rest), static_cast<__mmask8>((1 << n) - 1), x);
#else
  alignas(64) T whole[lanes<T>];
  for (Index i = 0; i < lanes<T>; ++i) whole[i] = i < n ? x[i] : rest;
  return Vector<T>::load_aligned(whole);
#endif
}

/// Writes the vector to y. If n is less than its number of lanes, only n elements are written.
template <class T>
void store(Index n, Vector<T> vector, T* y) {
  if (n >= lanes<T>) return vector.store_unaligned(y);
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_ps(y, static_cast<__mmask16>((1 << n) - 1), vector);
  else
    _mm512_mask_storeu_pd(y, static_cast<__mmask8>((1 << n) - 1), vector);
#else
  alignas(64) T whole[lanes<T>];
  vector.store_aligned(whole);
  for (Index i = 0; i < n; ++i) y[i] = whole[i];
#endif
}

/// y[i] = f(x[i]...), where f takes vectors and gives a vector. The last elements, which do not fill a vector, pass
/// through the same instructions as the others, so that no value depends on its place.
template <class T, class F, class... X>
void map(Index n, F f, T* y, const X*... x) {
  for (Index i = 0; i < n; i += lanes<T>) store<T>(n - i, f(load<T>(n - i, x + i)...), y + i);
}

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels
