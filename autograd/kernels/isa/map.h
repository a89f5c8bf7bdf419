#pragma once

#include "batch.h"

namespace ebb::kernels {

namespace {

/// The vector at x, of which only the first n elements are read if n is less than its width: `rest` stands in for the
/// others.
template <class T>
Batch<T> load(Index n, const T* x, T rest = 0) {
  if (n >= width<T>) return Batch<T>::load_unaligned(x);
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    return _mm512_mask_loadu_ps(_mm512_set1_ps(rest), static_cast<__mmask16>((1 << n) - 1), x);
  else
    return _mm512_mask_loadu_pd(_mm512_set1_pd(rest), static_cast<__mmask8>((1 << n) - 1), x);
#else
  alignas(64) T whole[width<T>];
  for (Index i = 0; i < width<T>; ++i) whole[i] = i < n ? x[i] : rest;
  return Batch<T>::load_aligned(whole);
#endif
}

/// Writes the vector to y, or its first n elements alone if n is less than its width.
template <class T>
void store(Index n, Batch<T> vector, T* y) {
  if (n >= width<T>) return vector.store_unaligned(y);
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    _mm512_mask_storeu_ps(y, static_cast<__mmask16>((1 << n) - 1), vector);
  else
    _mm512_mask_storeu_pd(y, static_cast<__mmask8>((1 << n) - 1), vector);
#else
  alignas(64) T whole[width<T>];
  vector.store_aligned(whole);
  for (Index i = 0; i < n; ++i) y[i] = whole[i];
#endif
}

/// y[i] = f(x[i]...), with an f from vectors to a vector. The last elements, fewer than a vector, pass through the very
/// same instructions, so that no value depends on where it stands.
template <class T, class F, class... X>
void map(Index n, F f, T* y, const X*... x) {
  for (Index i = 0; i < n; i += width<T>) store<T>(n - i, f(load<T>(n - i, x + i)...), y + i);
}

}  // namespace

}  // namespace ebb::kernels
