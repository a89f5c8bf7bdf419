#pragma once

#include <bit>
#include <cstdint>

#include "simd.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::int32_t;
  static constexpr int mantissa_bits = 23, exponent_bias = 127;
  static constexpr int taylor_degree = 7;                     // on [-log(2)/2, log(2)/2] off by less than 0.1 ulp
  static constexpr float log_least = -104, log_largest = 89;  // beyond: e^x rounds to 0 and to infinity
  static constexpr float log2_high = 0x1.62e4p-1f, log2_low = 0x1.7f7d1cp-20f;  // the high part with zeros at its end
};
template <>
struct Format<double> {
  using Bits = std::int64_t;
  static constexpr int mantissa_bits = 52, exponent_bias = 1023;
  static constexpr int taylor_degree = 13;
  static constexpr double log_least = -746, log_largest = 710;
  static constexpr double log2_high = 0x1.62e42fefa38p-1, log2_low = 0x1.ef35793c7673p-45;
};

/// e^x and e^x - 1 within 2 ulp (xsimd's own overflow early and know no denormal result). NaN passes through.
template <class T>
struct Exponential {
  using V = Vector<T>;
  using F = Format<T>;

  static V exp(V x) {
    V r;
    const V k = reduce(x, r);
    return scale(fma<T>(slope(r), r, V(1)), k);
  }

  static V expm1(V x) {
    V r;
    const V k = reduce(xsimd::max(V(-60), x), r);  // at -60 it is -1
    const V half = power_of_2(k - V(1));           // of 2^k, which may overflow where e^x does not yet
    return V(2) * fma<T>(half, slope(r) * r, half - V(T(0.5))) | xsimd::bitofsign(x);
  }

  /// 1 / n!
  static constexpr T inverse_factorial(int n) {
    double factorial = 1;
    for (int i = 2; i <= n; ++i) factorial *= i;
    return static_cast<T>(1 / factorial);
  }

 private:
  /// x = k log(2) + r, with k whole and r small. (In a struct, g++ would put both into memory, and read neither.)
  static V reduce(V x, V& r) {
    constexpr T to_base_2 = T(1.44269504088896340736);
    x = xsimd::min(V(F::log_largest), xsimd::max(V(F::log_least), x));  // NaN, as the second argument, stays
    const V k = fma<T>(x, V(to_base_2), V(whole_from)) - V(whole_from);
    r = fma<T>(k, V(-F::log2_low), fma<T>(k, V(-F::log2_high), x));
    return k;
  }

  /// (e^r - 1) / r
  static V slope(V r) {
    V sum(inverse_factorial(F::taylor_degree));
#pragma GCC unroll 16
    for (int i = F::taylor_degree - 1; i > 0; --i) sum = fma<T>(sum, r, V(inverse_factorial(i)));
    return sum;
  }

  /// From here on numbers are whole, up to the double of it: adding it rounds, and puts a whole number in the last
  /// bits.
  static constexpr T whole_from = T(1.5) * static_cast<T>(typename F::Bits{1} << F::mantissa_bits);

  /// 2^k, for a whole k of which it is a normal number.
  static V power_of_2(V k) {
    using Bits = xsimd::batch<typename F::Bits, Arch>;
    return std::bit_cast<V>(std::bit_cast<Bits>(k + V(whole_from + F::exponent_bias)) << F::mantissa_bits);
  }

  /// x 2^k, also where 2^k alone is no normal number.
  static V scale(V x, V k) {
#ifdef __AVX512F__
    if constexpr (sizeof(T) == 4)
      return _mm512_scalef_ps(x, k);
    else
      return _mm512_scalef_pd(x, k);
#else
    if (xsimd::all(xsimd::abs(k) < V(F::exponent_bias))) return x * power_of_2(k);  // which it usually is
    const V most = fma<T>(k, V(T(0.5)), V(whole_from)) - V(whole_from);
    return x * power_of_2(most) * power_of_2(k - most);
#endif
  }
};

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels
