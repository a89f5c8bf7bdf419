#include "normalization.h"

#include <cmath>

#include "row.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T>
T mean_of_row(Index width, const T* x) {
  const auto sum = sums_over<T, 1>(width, [=](auto place, Vector<T>* sums) { sums[0] += place.load(x); });
  return static_cast<T>(sum.of[0] / static_cast<double>(width));
}

template <class T>
double variance_of_row(Index width, const T* x, T mean) {
  const auto sum = sums_over<T, 1>(width, [=](auto place, Vector<T>* sums) {
    const Vector<T> deviation = place.load(x) - Vector<T>(mean);
    sums[0] = fma<T>(deviation, deviation, sums[0]);
  });
  return sum.of[0] / static_cast<double>(width);
}

// Three passes over a row, of which the first brings it into the cache.
template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias, T* mean,
               T* inverse, T* y) {
  for (Index row = 0; row < rows; ++row, x += width, y += width) {
    mean[row] = centre ? mean_of_row(width, x) : T{0};
    inverse[row] = static_cast<T>(1 / std::sqrt(variance_of_row(width, x, mean[row]) + epsilon));
    const Vector<T> middle(mean[row]), scale(inverse[row]);
    for_each_vector<T>(width, [=](auto place) {
      Vector<T> n = (place.load(x) - middle) * scale;
      if (gain != nullptr) n *= place.load(gain);
      if (bias != nullptr) n += place.load(bias);
      place.store(n, y);
    });
  }
}

template <class T>
void normalize_derivative(Index rows, Index width, bool centred, const T* x, const T* gain, const T* mean,
                          const T* inverse, const T* dy, T* dx) {
  const double count = static_cast<double>(width);
  for (Index row = 0; row < rows; ++row, x += width, dy += width, dx += width) {
    const Vector<T> middle(mean[row]), scale(inverse[row]);
    const auto g = [=](auto place) { return gain != nullptr ? place.load(dy) * place.load(gain) : place.load(dy); };
    const auto n = [=](auto place) { return (place.load(x) - middle) * scale; };
    const auto sums = sums_over<T, 2>(width, [=](auto place, Vector<T>* sum) {
      const Vector<T> here = g(place);
      sum[0] += here;
      sum[1] = fma<T>(here, n(place), sum[1]);
    });
    const Vector<T> along_ones(centred ? static_cast<T>(sums.of[0] / count) : T{0});
    const Vector<T> along_n(static_cast<T>(sums.of[1] / count));
    for_each_vector<T>(width,
                       [=](auto place) { place.store(scale * (g(place) - along_ones - n(place) * along_n), dx); });
  }
}

template <class T>
void normalize_parameter_derivatives(Index rows, Index width, const T* x, const T* mean, const T* inverse, const T* dy,
                                     T* d_gain, T* d_bias) {
  for (Index row = 0; row < rows; ++row, x += width, dy += width) {
    const Vector<T> middle(mean[row]), scale(inverse[row]);
    for_each_vector<T>(width, [=](auto place) {
      const Vector<T> d = place.load(dy);
      if (d_gain != nullptr) place.store(fma<T>(d, (place.load(x) - middle) * scale, place.load(d_gain)), d_gain);
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
