#include "pooling.h"

#include "../storage/array.hpp"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// Keeps what is larger, or the first NaN, and whose it is.
template <class T>
void keep_larger(Index n, const T* seen, std::int32_t number, T* __restrict__ largest,
                 std::int32_t* __restrict__ index) {
  for (Index c = 0; c < n; ++c) {
    const bool larger = !(seen[c] <= largest[c]) && largest[c] == largest[c];
    largest[c] = larger ? seen[c] : largest[c];
    index[c] = larger ? number : index[c];
  }
}

template <class T>
void largest_at_places(Index first, Index count, const Windows& w, const T* x, std::int32_t* indices) {
  const Index n = w.channels;
  Array<T> buffer(Shape{n});
  T* const largest = buffer.mutable_data();
  for (Index p = first; p < first + count; ++p) {
    const Index image = p / w.places_per_image() * w.image_size();
    std::int32_t* const index = indices + p * n;
    bool any = false;
    for_each_row_of_taps(w, p, [&](Index, Index taps, Index offset) {
      for (Index t = 0; t < taps; ++t, offset += w.tap_step(), any = true) {
        const auto number = static_cast<std::int32_t>((offset - image) / n);
        if (any)
          keep_larger(n, x + offset, number, largest, index);
        else
          std::copy_n(x + offset, n, largest), std::fill_n(index, n, number);
      }
    });
  }
}

}  // namespace

template <class T>
void largest_in_windows(const Windows& w, const T* x, std::int32_t* indices) {
  if (w.channels == 0) return;
  const Tiles tiles = row_tiles(w.places(), w.taps() * w.channels);
  parallel_for(tiles.count(), w.places() * w.taps() * w.channels, largest_at_places<T>, tiles.starts(), tiles.sizes(),
               w, x, indices);
}

template void largest_in_windows(const Windows&, const float*, std::int32_t*);
template void largest_in_windows(const Windows&, const double*, std::int32_t*);

}  // namespace ebb::kernels
