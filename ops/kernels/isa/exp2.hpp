#pragma once

#include <cstdint>
#include <type_traits>

#include "batch.hpp"

namespace ebb::kernels {

namespace {

template <class T>
constexpr T ln_2 = static_cast<T>(0.69314718055994530942);

/// The Taylor series of 2^x, to as many terms as |x| <= 1/2 takes in the precision of T.
template <class T>
struct PowersOfTwo {
  static constexpr int degree = sizeof(T) == 4 ? 7 : 13;
  T coefficient[degree + 1];

  constexpr PowersOfTwo() : coefficient() {
    double term = 1;
    for (int i = 0; i <= degree; ++i, term *= ln_2<double> / i) coefficient[i] = static_cast<T>(term);
  }
};

/// 2^x to 1 ulp for x up to 127 (float) or 1023 (double); 0 where that would be denormal. A NaN stays one.
template <class T>
Batch<T> exp2(Batch<T> x) {
  using Integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  constexpr int mantissa = sizeof(T) == 4 ? 23 : 52, bias = sizeof(T) == 4 ? 127 : 1023;
  constexpr PowersOfTwo<T> series;
  // Adding it rounds x to an integer n, and leaves n + bias, the exponent field of 2^n, in the lowest bits.
  constexpr T rounder = static_cast<T>((std::int64_t{3} << (mantissa - 1)) + bias);
  x = xsimd::max(Batch<T>(static_cast<T>(-bias)), x);  // in this order a NaN comes through
  const Batch<T> rounded = x + Batch<T>(rounder), f = x - (rounded - Batch<T>(rounder));
  Batch<T> sum(series.coefficient[series.degree]);
#pragma GCC unroll 16
  for (int i = series.degree - 1; i >= 0; --i) sum = fma<T>(sum, f, Batch<T>(series.coefficient[i]));
  return sum * xsimd::bitwise_cast<Batch<T>>(xsimd::bitwise_cast<xsimd::batch<Integer, Arch>>(rounded) << mantissa);
}

}  // namespace

}  // namespace ebb::kernels
