#include "normalization.h"

#include <algorithm>

#include "../storage/array.hpp"
#include "isa/normalization.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

constexpr Index rows_per_tile = 64;

/// Calls tile(number, first row, rows), maybe on several threads.
template <class Tile>
void for_each_tile(Index rows, Index width, Tile tile) {
  parallel_for(tiles_of(rows, rows_per_tile), rows * width, [&](Index number) {
    const Index first = number * rows_per_tile;
    tile(number, first, std::min(rows_per_tile, rows - first));
  });
}

/// Sums over rows: each tile's apart, in T, and then those of the tiles together, in double.
template <class T>
class TileSums {
 public:
  TileSums(Index tiles, Index width, T* to) : tiles_(tiles), width_(width), to_(to) {
    if (to != nullptr) sums_ = Array<T>(Shape{tiles, width}, T{0});
    values_ = to != nullptr ? sums_.mutable_data() : nullptr;
  }
  T* of(Index tile) { return values_ != nullptr ? values_ + tile * width_ : nullptr; }
  void add_up() const {
    if (values_ == nullptr) return;
    for (Index i = 0; i < width_; ++i) {
      double sum = 0;
      for (Index tile = 0; tile < tiles_; ++tile) sum += static_cast<double>(values_[tile * width_ + i]);
      to_[i] = static_cast<T>(sum);
    }
  }

 private:
  Index tiles_, width_;
  T *to_, *values_;
  Array<T> sums_;
};

}  // namespace

template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias, T* mean,
               T* inverse, T* y) {
  for_each_tile(rows, width, [=](Index, Index first, Index count) {
    chosen<NormalizationKernels<T>>().normalize(count, width, centre, epsilon, x + first * width, gain, bias,
                                                mean + first, inverse + first, y + first * width);
  });
}

template <class T>
void normalize_derivative(const NormalizedRows<T>& at, T* dx, T* d_gain, T* d_bias) {
  const Index tiles = tiles_of(at.rows, rows_per_tile), width = at.width;
  TileSums<T> gains(tiles, width, d_gain), biases(tiles, width, d_bias);
  for_each_tile(at.rows, width, [&](Index number, Index first, Index count) {
    const auto& kernels = chosen<NormalizationKernels<T>>();
    constexpr Index few = 4;  // rows that stay in the nearest cache from the one kernel to the other
    for (Index row = first; row < first + count; row += few) {
      const Index rows = std::min(few, first + count - row);
      const T *x = at.x + row * width, *dy = at.dy + row * width, *mean = at.mean + row, *inverse = at.inverse + row;
      if (dx != nullptr)
        kernels.normalize_derivative(rows, width, at.centred, x, at.gain, mean, inverse, dy, dx + row * width);
      if (d_gain != nullptr || d_bias != nullptr)
        kernels.normalize_parameter_derivatives(rows, width, x, mean, inverse, dy, gains.of(number), biases.of(number));
    }
  });
  gains.add_up();
  biases.add_up();
}

#define EBB_INSTANTIATE(T)                                                                       \
  template void normalize(Index, Index, bool, double, const T*, const T*, const T*, T*, T*, T*); \
  template void normalize_derivative(const NormalizedRows<T>&, T*, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
