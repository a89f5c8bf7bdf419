#pragma once

// For the files under isa/ alone, which are compiled once for each instruction set, with EBB_ISA its name. All that
// they define stands in anonymous namespaces or is a template on Arch: two of their object files must never define the
// same function, or a machine could be led into instructions that it lacks.
#include <xsimd/xsimd.hpp>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

namespace {

namespace architecture {
using baseline = xsimd::default_arch;  // of the compiler's flags, which these are for the baseline alone
#ifdef EBB_X86_KERNELS
using avx2 = xsimd::fma3<xsimd::avx2>;
using avx512 = xsimd::avx512bw;
#endif
}  // namespace architecture

using Arch = architecture::EBB_ISA;

template <class T>
using Batch = xsimd::batch<T, Arch>;

/// How many numbers a Batch<T> holds.
template <class T>
constexpr Index width = static_cast<Index>(Batch<T>::size);

/// a b + c in one rounding where the machine can. (xsimd 8 has no such kernel for AVX-512; clang would not contract.)
template <class T>
Batch<T> fma(Batch<T> a, Batch<T> b, Batch<T> c) {
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    return _mm512_fmadd_ps(a, b, c);
  else
    return _mm512_fmadd_pd(a, b, c);
#else
  return xsimd::fma(a, b, c);
#endif
}

/// a / b and the square root, rounded right. (For floats, xsimd 8 approximates both on every ARM, as 32-bit ones must.)
template <class T>
Batch<T> quotient(Batch<T> a, Batch<T> b) {
#ifdef __aarch64__
  if constexpr (sizeof(T) == 4)
    return vdivq_f32(a, b);
  else
    return vdivq_f64(a, b);
#else
  return a / b;
#endif
}
template <class T>
Batch<T> square_root(Batch<T> x) {
#ifdef __aarch64__
  if constexpr (sizeof(T) == 4)
    return vsqrtq_f32(x);
  else
    return vsqrtq_f64(x);
#else
  return xsimd::sqrt(x);
#endif
}

/// The sum of a vector's elements.
template <class T>
T sum_of_lanes(Batch<T> vector) {
#if XSIMD_VERSION_MAJOR < 9
  return xsimd::hadd(vector);
#else
  return xsimd::reduce_add(vector);
#endif
}

}  // namespace

}  // namespace ebb::kernels

/// Defines what `chosen<Family<T>>()` finds for this instruction set: `kernels`, a constant template of type Family<T>.
#define EBB_DEFINE_FAMILY(Family, kernels)                   \
  template <>                                                \
  template <>                                                \
  const Family<float>& Family<float>::on<Isa::EBB_ISA>() {   \
    return kernels<float>;                                   \
  }                                                          \
  template <>                                                \
  template <>                                                \
  const Family<double>& Family<double>::on<Isa::EBB_ISA>() { \
    return kernels<double>;                                  \
  }
