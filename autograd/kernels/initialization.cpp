#include "initialization.h"

#include <cmath>

namespace ebb::kernels {

namespace {

double dot(Index n, const double* a, const double* b) {
  double sum = 0;
  for (Index i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

template <class T>
Index replace_beyond(Index n, T limit, const T* fresh, T* x) {
  Index left = 0;
  for (Index i = 0; i < n; ++i) {
    if (std::abs(x[i]) > limit) x[i] = fresh[i];
    left += std::abs(x[i]) > limit;
  }
  return left;
}

void orthonormalize(Index rows, Index width, double* x) {
  for (Index i = 0; i < rows; ++i) {
    double* row = x + i * width;
    // Modified Gram-Schmidt; the second pass removes what rounding left of the first.
    for (int pass = 0; pass < 2; ++pass)
      for (Index j = 0; j < i; ++j) {
        const double* other = x + j * width;
        const double projection = dot(width, row, other);
        for (Index k = 0; k < width; ++k) row[k] -= projection * other[k];
      }
    const double scale = 1 / std::sqrt(dot(width, row, row));
    for (Index k = 0; k < width; ++k) row[k] *= scale;
  }
}

template <class T>
void store_scaled(Index rows, Index columns, const double* x, double gain, bool transposed, T* y) {
  const Index row_step = transposed ? 1 : columns, column_step = transposed ? rows : 1;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) y[i * row_step + j * column_step] = static_cast<T>(gain * x[i * columns + j]);
}

template <class T>
void sinusoids(Index length, Index width, T* y) {
  for (Index column = 0; column < width; ++column) {
    const double exponent = static_cast<double>(column - column % 2) / static_cast<double>(width);
    const double frequency = std::pow(10000.0, -exponent);
    for (Index p = 0; p < length; ++p) {
      const double angle = static_cast<double>(p) * frequency;
      y[p * width + column] = static_cast<T>(column % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
}

template Index replace_beyond(Index, float, const float*, float*);
template Index replace_beyond(Index, double, const double*, double*);
template void store_scaled(Index, Index, const double*, double, bool, float*);
template void store_scaled(Index, Index, const double*, double, bool, double*);

template void sinusoids(Index, Index, float*);
template void sinusoids(Index, Index, double*);

}  // namespace ebb::kernels
