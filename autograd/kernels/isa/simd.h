#pragma once

// For the files under isa/ alone, which are compiled once for each instruction set, with EBB_ISA as its name. All that
// they define stands in an anonymous namespace, inside of the namespace EBB_ISA. The anonymous namespace is necessary:
// two of their object files must never define the same function, or a machine could be led into instructions that it
// lacks. The named one makes backtraces show the instruction set: avx2::softmax.
#include <xsimd/xsimd.hpp>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

namespace EBB_ISA {
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
using Vector = xsimd::batch<T, Arch>;  // a SIMD register

/// The number of elements of a Vector<T>.
template <class T>
constexpr Index lanes = static_cast<Index>(Vector<T>::size);

/// a b + c in one rounding where the machine can. (xsimd 8 has no such kernel for AVX-512; clang would not contract.)
template <class T>
Vector<T> fma(Vector<T> a, Vector<T> b, Vector<T> c) {
#ifdef __AVX512F__
  if constexpr (sizeof(T) == 4)
    return _mm512_fmadd_ps(a, b, c);
  else
    return _mm512_fmadd_pd(a, b, c);
#else
  return xsimd::fma(a, b, c);
#endif
}

/// a / b and the square root, correctly rounded. (For floats, xsimd 8 approximates both on every ARM, as 32-bit ones
/// must.)
template <class T>
Vector<T> quotient(Vector<T> a, Vector<T> b) {
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
Vector<T> square_root(Vector<T> x) {
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
T sum_of_elements(Vector<T> vector) {
#if XSIMD_VERSION_MAJOR < 9
  return xsimd::hadd(vector);
#else
  return xsimd::reduce_add(vector);
#endif
}

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels

/// Has `chosen<Table<T>>()` find `kernels`, a constant template of type Table<T>, for this instruction set.
#define EBB_DEFINE_TABLE(Table, kernels)                   \
  template <>                                              \
  template <>                                              \
  const Table<float>& Table<float>::on<Isa::EBB_ISA>() {   \
    return kernels<float>;                                 \
  }                                                        \
  template <>                                              \
  template <>                                              \
  const Table<double>& Table<double>::on<Isa::EBB_ISA>() { \
    return kernels<double>;                                \
  }
