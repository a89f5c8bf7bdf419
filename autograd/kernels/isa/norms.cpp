#include "norms.h"

#include "simd.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

// Left to the compiler to vectorise, which knows how to widen floats to doubles on every machine: xsimd does not.
template <class T>
SquareSums squares(Index n, const T* x, T limit) {
  constexpr Index strands = 16;
  double all[strands] = {}, held[strands] = {};
  T beyond[strands] = {};  // counts, exact up to a number that no block reaches
  SquareSums sums;
  const auto add = [&](Index k, T value) {
    const T low = value < -limit ? -limit : value, inside = low > limit ? limit : low;
    all[k] += static_cast<double>(value) * static_cast<double>(value);
    held[k] += static_cast<double>(inside) * static_cast<double>(inside);
    beyond[k] += inside == value ? T{0} : T{1};
  };
  Index i = 0;
  for (; i + strands <= n; i += strands)
    for (Index k = 0; k < strands; ++k) add(k, x[i + k]);
  for (Index k = 0; i + k < n; ++k) add(k, x[i + k]);
  for (Index k = 0; k < strands; ++k) {
    sums.all += all[k];
    sums.held += held[k];
    sums.beyond += static_cast<Index>(beyond[k]);
  }
  return sums;
}

template <class T>
bool all_finite(Index n, const T* x) {
  constexpr Index strands = 64;
  T difference[strands] = {};  // 0 or NaN
  Index i = 0;
  for (; i + strands <= n; i += strands)
    for (Index k = 0; k < strands; ++k) difference[k] += x[i + k] - x[i + k];
  for (Index k = 0; i + k < n; ++k) difference[k] += x[i + k] - x[i + k];
  T sum = 0;
  for (Index k = 0; k < strands; ++k) sum += difference[k];
  return sum == 0;
}

template <class T>
constexpr NormKernels<T> norm_kernels{squares<T>, all_finite<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(NormKernels, EBB_ISA::norm_kernels)

}  // namespace ebb::kernels
