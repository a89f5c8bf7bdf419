#include "tensor_digest.h"

#include <algorithm>
#include <cmath>

namespace ebb {

namespace {

/// The average of the finite values in a block of a matrix; NaN if one of them is not finite.
template <class T>
double block_average(const T* matrix, Index columns, Index top, Index bottom, Index left, Index right) {
  double average = 0;
  const double share = 1 / static_cast<double>((bottom - top) * (right - left));
  for (Index i = top; i < bottom; ++i)
    for (Index j = left; j < right; ++j) average += share * static_cast<double>(matrix[i * columns + j]);
  return std::isfinite(average) ? average : std::nan("");
}

/// Where a value stands between two others, from 0 to 1. Halved, since a difference of doubles may overflow.
double position(double value, double low, double high) {
  return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;
}

template <class T>
void draw_heat_map(const Array<T>& x, Index side, TensorPicture& picture) {
  const Index height = x.extent(-2), width = x.extent(-1);
  picture.rows = std::min(height, side);
  picture.columns = std::min(width, side);
  std::vector<double> averages;
  for (Index i = 0; i < picture.rows; ++i)
    for (Index j = 0; j < picture.columns; ++j)
      averages.push_back(block_average(x.data(), width, i * height / picture.rows, (i + 1) * height / picture.rows,
                                       j * width / picture.columns, (j + 1) * width / picture.columns));
  bool first = true;
  for (double average : averages) {
    if (std::isnan(average)) continue;
    picture.low = first ? average : std::min(picture.low, average);
    picture.high = first ? average : std::max(picture.high, average);
    first = false;
  }
  for (double average : averages) {
    const double level = 63 * position(average, picture.low, picture.high);
    picture.cells += std::isnan(average) ? '!' : heat_levels[static_cast<std::size_t>(std::lround(level))];
  }
}

template <class T>
void draw_histogram(const Array<T>& x, const TensorDigest& digest, TensorPicture& picture) {
  constexpr std::size_t bins = 24;
  picture.bins.assign(bins, 0);
  for (T element : x.values()) {
    const double value = static_cast<double>(element);
    if (!std::isfinite(value)) continue;
    const double bin = std::floor(position(value, digest.min, digest.max) * bins);
    ++picture.bins[std::min(static_cast<std::size_t>(bin), bins - 1)];
  }
}

}  // namespace

template <class T>
TensorDigest digest_of(const Array<T>& x) {
  TensorDigest d;
  for (T element : x.values()) {
    const double value = static_cast<double>(element);
    if (!std::isfinite(value)) {
      ++d.non_finite;
      continue;
    }
    d.min = d.finite == 0 ? value : std::min(d.min, value);
    d.max = d.finite == 0 ? value : std::max(d.max, value);
    ++d.finite;
    d.zeros += value == 0;
  }
  const double largest = std::max(std::abs(d.min), std::abs(d.max));
  if (largest == 0) return d;
  // Scaled to [-1, 1]: the squares of what has nearly vanished, or exploded, would be lost.
  double sum = 0, squares = 0, deviations = 0;
  const double n = static_cast<double>(d.finite);
  for (T element : x.values())
    if (const double value = static_cast<double>(element) / largest; std::isfinite(value))
      sum += value, squares += value * value;
  for (T element : x.values())
    if (const double value = static_cast<double>(element) / largest; std::isfinite(value))
      deviations += (value - sum / n) * (value - sum / n);
  d.mean = sum / n * largest;
  d.deviation = std::sqrt(deviations / n) * largest;
  d.norm = std::sqrt(squares) * largest;
  return d;
}

template <class T>
TensorPicture picture_of(const Array<T>& x, const TensorDigest& digest, Index side) {
  TensorPicture picture;
  if (x.size() < 2 || digest.finite == 0) return picture;
  if (x.rank() >= 2)
    draw_heat_map(x, side, picture);
  else
    draw_histogram(x, digest, picture);
  return picture;
}

template TensorDigest digest_of(const Array<float>&);
template TensorDigest digest_of(const Array<double>&);
template TensorPicture picture_of(const Array<float>&, const TensorDigest&, Index);
template TensorPicture picture_of(const Array<double>&, const TensorDigest&, Index);

}  // namespace ebb
