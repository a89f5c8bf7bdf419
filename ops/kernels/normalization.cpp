#include "normalization.hpp"

#include <algorithm>
#include <cmath>

#include "lanes.hpp"

namespace ebb::kernels {

template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias, T* mean,
               T* inverse, T* y) {
  const double count = static_cast<double>(width);
  parallel_for(rows, rows * width, [=](Index row) {
    const T* from = x + row * width;
    T* to = y + row * width;
    const T m = centre ? static_cast<T>(lane_sum(width, [&](Index i) { return from[i]; }) / count) : T{0};
    const double variance = lane_sum(width, [&](Index i) { return (from[i] - m) * (from[i] - m); }) / count;
    const T scale = static_cast<T>(1 / std::sqrt(variance + epsilon));
    for (Index i = 0; i < width; ++i) to[i] = (from[i] - m) * scale;
    if (gain != nullptr)
      for (Index i = 0; i < width; ++i) to[i] *= gain[i];
    if (bias != nullptr)
      for (Index i = 0; i < width; ++i) to[i] += bias[i];
    mean[row] = m;
    inverse[row] = scale;
  });
}

template <class T>
void normalize_derivative(Index rows, Index width, bool centred, const T* x, const T* gain, const T* mean,
                          const T* inverse, const T* dy, T* dx) {
  const double count = static_cast<double>(width);
  parallel_for(rows, rows * width, [=](Index row) {
    const T *from = x + row * width, *d = dy + row * width;
    T* to = dx + row * width;
    const T m = mean[row], scale = inverse[row];
    std::copy(d, d + width, to);
    if (gain != nullptr)
      for (Index i = 0; i < width; ++i) to[i] *= gain[i];
    const T along_ones = centred ? static_cast<T>(lane_sum(width, [&](Index i) { return to[i]; }) / count) : T{0};
    const T along_n = static_cast<T>(lane_sum(width, [&](Index i) { return to[i] * ((from[i] - m) * scale); }) / count);
    for (Index i = 0; i < width; ++i) to[i] = scale * (to[i] - along_ones - (from[i] - m) * scale * along_n);
  });
}

template <class T>
void normalize_gain_derivative(Index rows, Index width, const T* x, const T* mean, const T* inverse, const T* dy,
                               T* d_gain) {
  constexpr Index tile = 64;  // columns whose sums stay close by
  parallel_for((width + tile - 1) / tile, rows * width, [=](Index number) {
    const Index first = number * tile, columns = std::min(tile, width - first);
    std::array<double, tile> sum{};
    for (Index row = 0; row < rows; ++row) {
      const T *x_row = x + row * width + first, *dy_row = dy + row * width + first;
      for (Index i = 0; i < columns; ++i)
        sum[to_size(i)] += static_cast<double>(dy_row[i] * ((x_row[i] - mean[row]) * inverse[row]));
    }
    for (Index i = 0; i < columns; ++i) d_gain[first + i] = static_cast<T>(sum[to_size(i)]);
  });
}

#define EBB_INSTANTIATE(T)                                                                                      \
  template void normalize(Index, Index, bool, double, const T*, const T*, const T*, T*, T*, T*);                \
  template void normalize_derivative(Index, Index, bool, const T*, const T*, const T*, const T*, const T*, T*); \
  template void normalize_gain_derivative(Index, Index, const T*, const T*, const T*, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
