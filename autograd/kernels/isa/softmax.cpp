#include "softmax.h"

#include <cmath>
#include <limits>

#include "exponential.h"
#include "row.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// The logarithm of three quarters: of a row of softmax, at most one element is more.
template <class T>
constexpr T settled_log = T(-0.2876820724517809);

template <class T>
constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

template <class T>
T largest_in_row(Index n, const T* x) {
  return largest_of<T>(n, [=](auto place) { return place.load(x, minus_infinity<T>); });
}

/// y = e^(x - largest), and the sum of these, which is at least 1.
template <class T>
double exponentials(Index n, const T* x, T largest, T* y) {
  return sums_over<T, 1>(n,
                         [=](auto place, Vector<T>* sum) {
                           const Vector<T> power = Exponential<T>::exp(place.load(x) - Vector<T>(largest));
                           place.store(power, y);
                           sum[0] += power;
                         })
      .of[0];
}

/// The sum of e^(x - largest).
template <class T>
double sum_of_exponentials(Index n, const T* x, T largest) {
  return sums_over<T, 1>(
             n, [=](auto place, Vector<T>* sum) { sum[0] += Exponential<T>::exp(place.load(x) - Vector<T>(largest)); })
      .of[0];
}

/// The place of the first element that is at least this number, which there must be.
template <class T>
Index first_at_least(Index n, const T* x, T number) {
  Index i = 0;
  while (i + lanes<T> <= n && !xsimd::any(Vector<T>::load_unaligned(x + i) >= Vector<T>(number))) i += lanes<T>;
  while (x[i] < number) ++i;
  return i;
}

/// The sum of e^(x - largest) over all but the first element that is the largest.
template <class T>
double sum_beside_largest(Index n, const T* x, T largest) {
  const Index i = first_at_least(n, x, largest);
  return sum_of_exponentials(i, x, largest) + sum_of_exponentials(n - i - 1, x + i + 1, largest);
}

/// True for the sum of e^(x - largest) over a row whose largest element has more than three quarters of it. Next to
/// that element's 1, such a sum has lost digits of the others, which are then summed by themselves.
bool settled(double sum) { return sum >= 1 && sum < 4. / 3; }

/// log(sum(e^(x - largest)))
template <class T>
double log_of_sum(Index n, const T* x, T largest) {
  const double sum = sum_of_exponentials(n, x, largest);
  return settled(sum) ? std::log1p(sum_beside_largest(n, x, largest)) : std::log(sum);
}

template <class T>
void scale_row(Index n, T scale, T* y) {
  for_each_vector<T>(n, [=](auto place) { place.store(place.load(y) * Vector<T>(scale), y); });
}

template <class T>
void softmax(Index rows, Index n, T* y, const T* x) {
  for (Index row = 0; row < rows; ++row, x += n, y += n)
    scale_row(n, static_cast<T>(1 / exponentials(n, x, largest_in_row(n, x), y)), y);
}

/// True in the lanes whose elements the mask allows.
template <class T, class Place>
xsimd::batch_bool<T, Arch> allowed(Place place, const std::int32_t* mask) {
  alignas(64) T element[lanes<T>];
  if constexpr (std::is_same_v<Place, Whole<T>>)
    for (Index k = 0; k < lanes<T>; ++k) element[k] = static_cast<T>(mask[place.i + k] != 0);
  else
    for (Index k = 0; k < lanes<T>; ++k) element[k] = static_cast<T>(k < place.n && mask[place.i + k] != 0);
  return Vector<T>::load_aligned(element) != Vector<T>(T{0});
}

template <class T>
void masked_softmax(Index n, T* y, const T* x, const std::int32_t* mask) {
  const T largest = largest_of<T>(
      n, [=](auto place) { return choose<T>(allowed<T>(place, mask), place.load(x), Vector<T>(minus_infinity<T>)); });
  const double sum = sums_over<T, 1>(n, [=](auto place, Vector<T>* sums) {
                       const Vector<T> power = Exponential<T>::exp(place.load(x) - Vector<T>(largest));
                       const Vector<T> kept = choose<T>(allowed<T>(place, mask), power, Vector<T>(T{0}));
                       place.store(kept, y);
                       sums[0] += kept;
                     }).of[0];
  scale_row(n, sum == 0 ? T{0} : static_cast<T>(1 / sum), y);  // 0 only where nothing is allowed
}

/// A row of which one y is more than half. There dy and sum(dy y) may be nearly equal, and their difference noise: dy
/// counts from its element at that y instead, which changes nothing, as y sums to 1.
template <class T>
void settled_softmax_derivative(Index n, T* dx, const T* y, const T* dy) {
  const Vector<T> origin(dy[first_at_least(n, y, T(0.5))]);
  const Vector<T> dot(static_cast<T>(sums_over<T, 1>(n, [=](auto place, Vector<T>* sum) {
                                       sum[0] = fma<T>(place.load(y), place.load(dy) - origin, sum[0]);
                                     }).of[0]));
  for_each_vector<T>(n, [=](auto place) { place.store(place.load(y) * ((place.load(dy) - origin) - dot), dx); });
}

template <class T>
void softmax_derivative(Index rows, Index n, T* dx, const T* y, const T* dy) {
  for (Index row = 0; row < rows; ++row, y += n, dy += n, dx += n) {
    const auto sums = sums_over<T, 2>(n, [=](auto place, Vector<T>* sum) {
      const Vector<T> here = place.load(y);
      sum[0] = fma<T>(here, place.load(dy), sum[0]);
      sum[1] = fma<T>(here, here, sum[1]);
    });
    // The squares of what sums to 1 are together at most as much as the largest of it.
    if (sums.of[1] > 0.5625) {
      settled_softmax_derivative(n, dx, y, dy);
      continue;
    }
    const Vector<T> dot(static_cast<T>(sums.of[0]));
    for_each_vector<T>(n, [=](auto place) { place.store(place.load(y) * (place.load(dy) - dot), dx); });
  }
}

template <class T>
void log_softmax(Index rows, Index n, T* y, const T* x) {
  for (Index row = 0; row < rows; ++row, x += n, y += n) {
    const T largest = largest_in_row(n, x);
    const Vector<T> top(largest), log_sum(static_cast<T>(log_of_sum(n, x, largest)));
    for_each_vector<T>(n, [=](auto place) { place.store((place.load(x) - top) - log_sum, y); });
  }
}

template <class T>
double sum_of_row(Index n, const T* x) {
  return sums_over<T, 1>(n, [=](auto place, Vector<T>* sums) { sums[0] += place.load(x); }).of[0];
}

/// dy - e^y sum(dy) at the element i whose y is nearly 0, where it may be the difference of two nearly equal numbers:
/// dy (1 - e^y) - e^y (the sum of the others).
template <class T>
T log_softmax_derivative_at(Index i, Index n, const T* y, const T* dy) {
  const double others = sum_of_row(i, dy) + sum_of_row(n - i - 1, dy + i + 1);
  const double less = std::expm1(static_cast<double>(y[i]));
  return static_cast<T>(-less * static_cast<double>(dy[i]) - (1 + less) * others);
}

template <class T>
void log_softmax_derivative(Index rows, Index n, T* dx, const T* y, const T* dy) {
  for (Index row = 0; row < rows; ++row, y += n, dy += n, dx += n) {
    const Vector<T> sum(static_cast<T>(sum_of_row(n, dy)));
    Index settled = -1;
    T at_settled{0};
    for_each_vector<T>(n, [&, sum, n, y, dy, dx](auto place) {
      const Vector<T> here = place.load(y, minus_infinity<T>);
      if (xsimd::any(here > Vector<T>(settled_log<T>))) {
        settled = place.i + first_at_least(n - place.i, y + place.i, settled_log<T>);
        at_settled = log_softmax_derivative_at(settled, n, y, dy);  // now, as dx may stand in y's place
      }
      place.store(place.load(dy) - Exponential<T>::exp(here) * sum, dx);
    });
    if (settled >= 0) dx[settled] = at_settled;
  }
}

template <class T>
void cross_entropy(Index first, Index count, const LabelledRows<T>& rows, const T* x, double* losses) {
  const Index n = rows.classes;
  const double smoothing = rows.smoothing;
  for (Index row = first; row < first + count; ++row) {
    if (rows.weights[row] == 0) continue;
    const T* logits = x + row * n;
    const T largest = largest_in_row(n, logits);
    double expected = (1 - smoothing) * static_cast<double>(logits[rows.labels[row]] - largest);
    if (smoothing != 0)
      expected += smoothing / static_cast<double>(n) * sums_over<T, 1>(n, [=](auto place, Vector<T>* sum) {
                                                         sum[0] += place.load(logits) - Vector<T>(largest);
                                                       }).of[0];
    losses[row] = static_cast<double>(rows.weights[row]) * (log_of_sum(n, logits, largest) - expected);
  }
}

template <class T>
void cross_entropy_derivative(Index first, Index count, const LabelledRows<T>& rows, const T* x, T dy, T* dx) {
  const Index n = rows.classes;
  const Vector<T> even(static_cast<T>(rows.smoothing / static_cast<double>(n)));
  for (Index row = first; row < first + count; ++row) {
    T* d = dx + row * n;
    if (rows.weights[row] == 0) {
      for (Index i = 0; i < n; ++i) d[i] = T{0};
      continue;
    }
    const T* logits = x + row * n;
    const Index label = rows.labels[row];
    const T scale = dy * rows.weights[row], largest = largest_in_row(n, logits);
    const double sum = exponentials(n, logits, largest, d);
    const Vector<T> inverse(static_cast<T>(1 / sum));
    for_each_vector<T>(n, [=](auto place) { place.store(Vector<T>(scale) * (place.load(d) * inverse - even), d); });
    if (settled(sum) && logits[label] == largest) {  // p - t = (s - s / n) - (1 - p), and 1 - p is small
      const double beside = sum_beside_largest(n, logits, largest);
      const double missing = rows.smoothing - rows.smoothing / static_cast<double>(n) - beside / (1 + beside);
      d[label] = scale * static_cast<T>(missing);
    } else {
      d[label] -= scale * static_cast<T>(1 - rows.smoothing);
    }
  }
}

template <class T>
constexpr SoftmaxKernels<T> softmax_kernels{
    softmax<T>,       masked_softmax<T>,          softmax_derivative<T>, log_softmax<T>, log_softmax_derivative<T>,
    cross_entropy<T>, cross_entropy_derivative<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(SoftmaxKernels, EBB_ISA::softmax_kernels)

}  // namespace ebb::kernels
