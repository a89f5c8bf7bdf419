#include "normalization.h"

#include <algorithm>

#include "../storage/array.hpp"
#include "isa/normalization.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

Tiles tiles_of_rows(Index rows) { return {rows, 64}; }

/// Sums over rows, for one parameter: at first over the rows of each tile, in T, and then over the tiles, in double.
/// If `to` is null, the sums are not wanted.
template <class T>
class TileSums {
 public:
  TileSums(Index tiles, Index width, T* to) : tiles_(tiles), width_(width), to_(to) {
    if (to != nullptr) sums_ = Array<T>(Shape{tiles, width}, T{0});
    values_ = to != nullptr ? sums_.mutable_data() : nullptr;
  }
  bool wanted() const { return values_ != nullptr; }
  /// The sums over the rows of one tile, so far; null if they are not wanted.
  T* of(Index tile) const { return values_ != nullptr ? values_ + tile * width_ : nullptr; }
  void add_up() const {
    if (!wanted()) return;
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

template <class T>
void derivatives_of_rows(Index tile, Index first, Index count, const NormalizedRows<T>& rows, T* dx,
                         const TileSums<T>& gains, const TileSums<T>& biases) {
  const auto& kernels = chosen<NormalizationKernels<T>>();
  const Index width = rows.width;
  constexpr Index few = 4;  // so many rows are still in L1 when the second kernel comes to them
  for (Index row = first; row < first + count; row += few) {
    const Index n = std::min(few, first + count - row);
    const T *x = rows.x + row * width, *scales = rows.scales + row * 3, *dy = rows.dy + row * width;
    if (dx != nullptr) kernels.normalize_derivative(n, width, rows.centred, x, rows.gain, scales, dy, dx + row * width);
    if (gains.wanted() || biases.wanted())
      kernels.normalize_parameter_derivatives(n, width, x, scales, dy, gains.of(tile), biases.of(tile));
  }
}

}  // namespace

template <class T>
void normalize(Index rows, Index width, bool centre, double epsilon, const T* x, const T* gain, const T* bias,
               T* scales, T* y) {
  const Tiles tiles = tiles_of_rows(rows);
  parallel_for(tiles.count(), rows * width, chosen<NormalizationKernels<T>>().normalize, tiles.sizes(), width, centre,
               epsilon, tiles.of(x, width), gain, bias, tiles.of(scales, 3), tiles.of(y, width));
}

template <class T>
void normalize_derivative(const NormalizedRows<T>& rows, T* dx, T* d_gain, T* d_bias) {
  const Tiles tiles = tiles_of_rows(rows.count);
  TileSums<T> gains(tiles.count(), rows.width, d_gain), biases(tiles.count(), rows.width, d_bias);
  parallel_for(tiles.count(), rows.count * rows.width, derivatives_of_rows<T>, Counter{}, tiles.starts(), tiles.sizes(),
               rows, dx, gains, biases);
  gains.add_up();
  biases.add_up();
}

#define EBB_INSTANTIATE(T)                                                                   \
  template void normalize(Index, Index, bool, double, const T*, const T*, const T*, T*, T*); \
  template void normalize_derivative(const NormalizedRows<T>&, T*, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
