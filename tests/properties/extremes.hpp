#pragma once

#include <algorithm>
#include <cmath>
#include <ebb/ops/fusion.hpp>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/check.hpp"

// The edges of floating point, in every argument of every operation: 0, -0, subnormal, tiny, huge and largest numbers,
// infinity, NaN. The rule, for values and for first derivatives with an adjoint of 1, in float and double, fused and
// composed, recorded or not: where the exact result is a number of the type, ebb's is within a stated bound of it;
// where it is too large, ebb's is infinite, or the largest number; where it is NaN, ebb's is NaN. The referee is long
// double, which has room for the squares and cubes of all of them.
//
// What stays outside of the rule, as in PyTorch:
// - sin and cos beyond 1e6, whose argument would take hundreds of digits to reduce.
// - A derivative that is infinite itself, times an adjoint of 0, is NaN: of sqrt and log at 0, in the branch that
//   `where` did not take. To look at the adjoint first would hide an exploding gradient.
// - Sums of infinities of both signs, and products of 0 and infinity, are NaN in the middle of an op as in its formula:
//   softmax and norms of a row with an infinity (but a logit of minus infinity is a weight of 0, unless all are; where
//   fused attention may hide keys, it takes a query whose scores all are minus infinity to be one that sees none).
// - logsumexp next to 0: it is a sum of the largest x and a logarithm, and as precise as these.
// - A mean or a variance in double whose sum overflows, though the mean would not; mean_squared_error likewise in its
//   squares. In float both are summed in double.
// - x - mean in the norms, where the two are so far apart that it overflows: rows with elements beyond half of the
//   largest number.
// - power(a, b) of two tensors: b a^(b - 1) overflows where a is subnormal and b smaller still; and where a is
// negative,
//   it matters whether b - 1 is a whole number, and odd, as rounded.
// - An adjoint that is itself next to the largest or least number may overflow or vanish on its way through an op,
//   though the result would not: dy p x^(p - 1).
namespace ebb_test {

using Wide = long double;

template <class T>
using Limits = std::numeric_limits<T>;

/// The numbers at the edges of a type, of both signs.
template <class T>
std::vector<T> edges() {
  const bool is_float = std::is_same_v<T, float>;
  std::vector<T> positive{T(0),
                          Limits<T>::denorm_min(),
                          Limits<T>::min(),
                          T(is_float ? 1e-30 : 1e-300),
                          T(is_float ? 1e-19 : 1e-155),
                          T(1e-5),
                          T(0.5),
                          T(1),
                          T(3),
                          T(9),
                          T(17),
                          T(40),
                          T(90),
                          T(1e5),
                          T(is_float ? 1e19 : 1e155),
                          T(is_float ? 1e30 : 1e300),
                          Limits<T>::max(),
                          Limits<T>::infinity()};
  std::vector<T> all = positive;
  for (const T x : positive) all.push_back(-x);
  all.push_back(Limits<T>::quiet_NaN());
  return all;
}

/// Checks a number against the exact one: within `ulps` units in its last place, or in that of `scale`, the size of the
/// terms that it is a difference of.
template <class T>
void check_number(T got, Wide exact, double ulps, Wide scale = 0) {
  CAPTURE(got);
  CAPTURE(static_cast<double>(exact));
  const Wide size = std::max(std::fabs(exact), scale);
  const Wide bound = Wide(ulps) * std::max<Wide>(size * Limits<T>::epsilon(), Limits<T>::denorm_min());
  if (std::isnan(exact))
    CHECK(std::isnan(got));
  else if (std::fabs(exact) > static_cast<Wide>(Limits<T>::max()) * (1 - Wide(ulps) * Limits<T>::epsilon()))
    CHECK((std::fabs(got) >= Limits<T>::max() * T(0.99) && std::signbit(got) == std::signbit(exact)));
  else
    CHECK(std::fabs(static_cast<Wide>(got) - exact) <= bound);
}

/// Calls f for both ways to run an op, and to take its derivative.
template <class F>
void for_each_way(F f) {
  for (const bool fused : {true, false})
    for (const bool recorded : {false, true}) {
      CAPTURE(fused);
      CAPTURE(recorded);
      const FusedOperations fused_or_not(fused);
      f(recorded);
    }
}

/// Rows of three at the edges, without infinities and NaN.
template <class T>
std::vector<std::vector<T>> rows() {
  const bool is_float = std::is_same_v<T, float>;
  const std::vector<T> numbers{T(0),
                               Limits<T>::denorm_min(),
                               T(is_float ? 1e-30 : 1e-300),
                               T(1),
                               T(-2),
                               T(15),
                               T(-40),
                               T(1e4),
                               T(1e8),
                               T(is_float ? 1e19 : 1e155),
                               T(is_float ? -1e30 : -1e300),
                               T(Limits<T>::max() / 4)};
  std::vector<std::vector<T>> result;
  for (const T a : numbers)
    for (const T b : numbers)
      for (const T c : numbers) result.push_back({a, b, c});
  return result;
}

/// Rows of three with an infinity or NaN in them.
template <class T>
std::vector<std::vector<T>> infinite_rows() {
  const T infinity = Limits<T>::infinity();
  const std::vector<T> numbers{infinity, -infinity, Limits<T>::quiet_NaN(), T(0), T(1),
                               T(-40),   T(1e4),    T(Limits<T>::max() / 4)};
  std::vector<std::vector<T>> result;
  for (const T a : numbers)
    for (const T b : numbers)
      for (const T c : numbers)
        if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(c)) result.push_back({a, b, c});
  return result;
}

inline constexpr double adjoint[] = {0.75, -1.5, 2};

template <class T>
Tensor<T> as_row(const std::vector<T>& x) {
  return Tensor<T>({1, static_cast<Index>(x.size())}, std::span<const T>(x));
}

template <class T>
Tensor<T> adjoint_row() {
  return as_row(std::vector<T>(std::begin(adjoint), std::end(adjoint)));
}

/// Calls f(row, recorded) for each of these, with derivatives recorded and not, by fused operations and by others.
template <class T, class F>
void for_each_row(const std::vector<std::vector<T>>& all, F f) {
  for (const auto& row : all)
    for_each_way([&](bool recorded) {
      CAPTURE(row[0]);
      CAPTURE(row[1]);
      CAPTURE(row[2]);
      f(row, recorded);
    });
}

}  // namespace ebb_test
