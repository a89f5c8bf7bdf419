#include "normalization.h"

#include <cmath>
#include <limits>

#include "row.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T>
T mean_of_row(Index width, const T* x) {
  const auto sum = sums_over<T, 1>(width, [=](auto place, Vector<T>* sums) { sums[0] += place.load(x); });
  return static_cast<T>(sum.of[0] / static_cast<double>(width));
}

/// The mean square of the distances of the elements of a row from a number.
template <class T>
double mean_square_from(T centre, Index width, const T* x) {
  const auto sum = sums_over<T, 1>(width, [=](auto place, Vector<T>* sums) {
    const Vector<T> distance = place.load(x) - Vector<T>(centre);
    sums[0] = fma<T>(distance, distance, sums[0]);
  });
  return sum.of[0] / static_cast<double>(width);
}

/// The mean of these distances.
template <class T>
double mean_distance_from(T centre, Index width, const T* x) {
  const auto sum =
      sums_over<T, 1>(width, [=](auto place, Vector<T>* sums) { sums[0] += place.load(x) - Vector<T>(centre); });
  return sum.of[0] / static_cast<double>(width);
}

/// What makes n of the elements of a row: (x - mean) inverse + shift.
template <class T>
struct RowScale {
  T mean, inverse, shift;
};

/// The same for vectors.
template <class T>
struct Normalizer {
  Vector<T> mean, inverse, shift;

  explicit Normalizer(const T* scale) : mean(scale[0]), inverse(scale[1]), shift(scale[2]) {}
  Vector<T> operator()(Vector<T> x) const { return fma<T>(x - mean, inverse, shift); }
};

/// The scale of a row whose squares overflow or vanish in T: in units of a power of two near its largest element.
template <class T>
[[gnu::noinline]] RowScale<T> scale_in_units(Index width, bool centre, double epsilon, const T* x) {
  double largest = 0;
  for (Index i = 0; i < width; ++i) largest = std::fmax(largest, std::fabs(static_cast<double>(x[i])));
  const int exponent = largest > 0 ? std::ilogb(largest) : 0;
  const auto in_units = [=](Index i) { return std::scalbn(static_cast<double>(x[i]), -exponent); };
  const double count = static_cast<double>(width);
  double sum = 0, squares = 0;
  for (Index i = 0; centre && i < width; ++i) sum += in_units(i);
  const double mean = sum / count;
  for (Index i = 0; i < width; ++i) squares += (in_units(i) - mean) * (in_units(i) - mean);
  const double inverse = 1 / std::hypot(std::scalbn(std::sqrt(squares / count), exponent), std::sqrt(epsilon));
  const T rounded = static_cast<T>(std::scalbn(mean, exponent));
  return {rounded, static_cast<T>(inverse),
          static_cast<T>((static_cast<double>(rounded) - std::scalbn(mean, exponent)) * inverse)};
}

/// The scale of a row whose elements are closer to each other than to 0, so that the mean counts to its last digit.
template <class T>
[[gnu::noinline]] RowScale<T> scale_far_from_zero(Index width, double epsilon, const T* x, T mean) {
  mean = static_cast<T>(static_cast<double>(mean) + mean_distance_from(mean, width, x));  // what its summing has lost
  const double off = mean_distance_from(mean, width, x);
  const double inverse = 1 / std::sqrt(mean_square_from(mean, width, x) - off * off + epsilon);
  return {mean, static_cast<T>(inverse), static_cast<T>(-off * inverse)};
}

template <class T>
RowScale<T> scale_of_row(Index width, bool centre, double epsilon, const T* x) {
  using Limits = std::numeric_limits<T>;
  constexpr double least = static_cast<double>(Limits::min() / Limits::epsilon());
  const T mean = centre ? mean_of_row(width, x) : T{0};
  const double variance = mean_square_from(mean, width, x), far = static_cast<double>(mean) / 8;
  if (!std::isfinite(variance) || variance + epsilon < least) return scale_in_units(width, centre, epsilon, x);
  if (far * far > variance) return scale_far_from_zero(width, epsilon, x, mean);
  return {mean, static_cast<T>(1 / std::sqrt(variance + epsilon)), T{0}};
}

/// y = gain n + bias, n = normalizer(x)
template <class T, class F>
void scale_and_shift(Index width, const T* x, F normalizer, const T* gain, const T* bias, T* y) {
  for_each_vector<T>(width, [=](auto place) {
    Vector<T> n = normalizer(place.load(x));
    if (gain != nullptr) n *= place.load(gain);
    if (bias != nullptr) n += place.load(bias);
    place.store(n, y);
  });
}

// Three passes over a row, of which the first brings it into the cache.
template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias,
               T* scales, T* y) {
  for (Index row = 0; row < rows; ++row, x += width, y += width, scales += 3) {
    const RowScale<T> scale = scale_of_row(width, centre, epsilon, x);
    scales[0] = scale.mean, scales[1] = scale.inverse, scales[2] = scale.shift;
    const Vector<T> mean(scale.mean), inverse(scale.inverse);
    if (scale.shift == 0)  // nearly always, and then faster
      scale_and_shift(
          width, x, [=](Vector<T> v) { return (v - mean) * inverse; }, gain, bias, y);
    else
      scale_and_shift(width, x, Normalizer<T>(scales), gain, bias, y);
  }
}

template <class T>
void normalize_derivative(Index rows, Index width, bool centred, const T* x, const T* gain, const T* scales,
                          const T* dy, T* dx) {
  const double count = static_cast<double>(width);
  for (Index row = 0; row < rows; ++row, x += width, dy += width, dx += width, scales += 3) {
    const Normalizer<T> normalizer(scales);
    const auto g = [=](auto place) { return gain != nullptr ? place.load(dy) * place.load(gain) : place.load(dy); };
    const auto n = [=](auto place) { return normalizer(place.load(x)); };
    const auto sums = sums_over<T, 2>(width, [=](auto place, Vector<T>* sum) {
      const Vector<T> here = g(place);
      sum[0] += here;
      sum[1] = fma<T>(here, n(place), sum[1]);
    });
    const Vector<T> along_ones(centred ? static_cast<T>(sums.of[0] / count) : T{0});
    const Vector<T> along_n(static_cast<T>(sums.of[1] / count));
    for_each_vector<T>(
        width, [=](auto place) { place.store(normalizer.inverse * (g(place) - along_ones - n(place) * along_n), dx); });
  }
}

template <class T>
void normalize_parameter_derivatives(Index rows, Index width, const T* x, const T* scales, const T* dy, T* d_gain,
                                     T* d_bias) {
  for (Index row = 0; row < rows; ++row, x += width, dy += width, scales += 3) {
    const Normalizer<T> normalizer(scales);
    for_each_vector<T>(width, [=](auto place) {
      const Vector<T> d = place.load(dy);
      if (d_gain != nullptr) place.store(fma<T>(d, normalizer(place.load(x)), place.load(d_gain)), d_gain);
      if (d_bias != nullptr) place.store(place.load(d_bias) + d, d_bias);
    });
  }
}

template <class T>
constexpr NormalizationKernels<T> normalization_kernels{normalize<T>, normalize_derivative<T>,
                                                        normalize_parameter_derivatives<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(NormalizationKernels, EBB_ISA::normalization_kernels)

}  // namespace ebb::kernels
