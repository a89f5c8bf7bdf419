#include "reduction.h"

#include "exponential.h"
#include "map.h"

// Plain loops, which the compiler turns into vectors of this instruction set.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

double add(double a, double b) { return a + b; }
double larger(double a, double v) { return v > a || v != v ? v : a; }  // a NaN beats all, and stays
double smaller(double a, double v) { return v < a || v != v ? v : a; }

double itself(double v, double) { return v; }
double squared_distance(double v, double about) { return (v - about) * (v - about); }

/// accumulator = join(accumulator, term(x, about)) for n elements, a multiple of `strands`: element i goes to the
/// independent partial accumulator i mod `strands`, so that the compiler can keep these in vectors.
template <Index strands, class T, auto join, auto term>
double along_strands(Index n, const T* x, double about, double accumulator) {
  if (n == 0) return accumulator;
  double part[strands];
  for (Index k = 0; k < strands; ++k) part[k] = term(static_cast<double>(x[k]), about);
  for (Index i = strands; i < n; i += strands)
    for (Index k = 0; k < strands; ++k) part[k] = join(part[k], term(static_cast<double>(x[i + k]), about));
  for (Index k = 0; k < strands; ++k) accumulator = join(accumulator, part[k]);
  return accumulator;
}

template <class T, auto join, auto term>
double along(Index n, const T* x, double about, double accumulator) {
  const Index most = n / 32 * 32, more = n / 8 * 8;
  accumulator = along_strands<32, T, join, term>(most, x, about, accumulator);
  accumulator = along_strands<8, T, join, term>(more - most, x + most, about, accumulator);
  for (Index i = more; i < n; ++i) accumulator = join(accumulator, term(static_cast<double>(x[i]), about));
  return accumulator;
}

template <class T, auto join, auto term>
void across(Index rows, Index n, const T* x, Index step, const double* about, double* accumulator) {
  for (Index r = 0; r < rows; ++r, x += step)
    for (Index k = 0; k < n; ++k) accumulator[k] = join(accumulator[k], term(static_cast<double>(x[k]), about[k]));
}

/// The version of `across` for terms that are the elements themselves; `about` may be null.
template <class T, auto join>
void across_itself(Index rows, Index n, const T* x, Index step, const double*, double* accumulator) {
  for (Index r = 0; r < rows; ++r, x += step)
    for (Index k = 0; k < n; ++k) accumulator[k] = join(accumulator[k], static_cast<double>(x[k]));
}

constexpr Index buffered = 64;  // elements whose exponentials are kept at a time

template <class T>
double exponentials_along(Index n, const T* x, double about, double accumulator) {
  const Vector<T> centre(static_cast<T>(about));
  T e[buffered];
  for (Index i = 0; i < n; i += buffered) {
    const Index count = n - i < buffered ? n - i : buffered;
    map(
        count, [centre](Vector<T> v) { return Exponential<T>::exp(v - centre); }, e, x + i);
    accumulator = along<T, add, itself>(count, e, 0, accumulator);
  }
  return accumulator;
}

template <class T>
void exponentials_across(Index rows, Index n, const T* x, Index step, const double* about, double* accumulator) {
  T centre[buffered], e[buffered];
  for (Index k = 0; k < n; k += buffered) {
    const Index count = n - k < buffered ? n - k : buffered;
    for (Index i = 0; i < count; ++i) centre[i] = static_cast<T>(about[k + i]);
    for (Index r = 0; r < rows; ++r) {
      map(
          count, [](Vector<T> v, Vector<T> c) { return Exponential<T>::exp(v - c); }, e, x + r * step + k, centre);
      across_itself<T, add>(1, count, e, 0, nullptr, accumulator + k);
    }
  }
}

template <class T>
void accumulate(Index n, const T* x, double* sum, T* y) {
  for (Index k = 0; k < n; ++k) {
    sum[k] += static_cast<double>(x[k]);
    y[k] = static_cast<T>(sum[k]);
  }
}

template <class T>
void pick_larger(Index n, std::int32_t i, const T* x, T* largest, std::int32_t* index) {
  for (Index k = 0; k < n; ++k) {
    const bool better = x[k] > largest[k] || (x[k] != x[k] && largest[k] == largest[k]);
    largest[k] = better ? x[k] : largest[k];
    index[k] = better ? i : index[k];
  }
}

template <class T>
constexpr ReductionKernels<T> reduction_kernels{
    .sum = {along<T, add, itself>, across_itself<T, add>},
    .squares = {along<T, add, squared_distance>, across<T, add, squared_distance>},
    .exponentials = {exponentials_along<T>, exponentials_across<T>},
    .max = {along<T, larger, itself>, across_itself<T, larger>},
    .min = {along<T, smaller, itself>, across_itself<T, smaller>},
    .accumulate = accumulate<T>,
    .pick_larger = pick_larger<T>,
};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(ReductionKernels, EBB_ISA::reduction_kernels)

}  // namespace ebb::kernels
