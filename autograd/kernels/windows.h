#pragma once

#include <algorithm>
#include <array>

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// Places at which a window stands on images, or on sequences, which are images of height 1. Pairs are {height, width}.
/// Channels come last: x is [images, x[0], x[1], channels], and a number for each place is [images, y[0], y[1], ...].
struct Windows {
  using Pair = std::array<Index, 2>;
  Index images, channels;
  Pair x, y, window, stride, padding, dilation;

  Index places_per_image() const { return y[0] * y[1]; }
  Index places() const { return images * places_per_image(); }
  Index taps() const { return window[0] * window[1]; }
  Index image_size() const { return x[0] * x[1] * channels; }
  /// The distance in x of two taps side by side.
  Index tap_step() const { return dilation[1] * channels; }
};

/// The taps [first, end) of a window that begins at `start` along an axis, and that lie on the image.
struct TapsInside {
  Index first, end;
  TapsInside(Index start, Index window, Index dilation, Index extent)
      : first(start < 0 ? (dilation - 1 - start) / dilation : 0),
        end(start < extent ? std::min(window, (extent - 1 - start) / dilation + 1) : 0) {}
};

/// Calls visit(tap, n, offset) for each row of the window at this place, as far as it lies on the image: its n taps
/// from number `tap` on see x[offset], x[offset + tap_step()], ... Taps outside see zeros.
template <class Visit>
[[gnu::always_inline]] inline void for_each_row_of_taps(const Windows& w, Index place, Visit visit) {
  const Index image = place / w.places_per_image(), row = place / w.y[1] % w.y[0], column = place % w.y[1];
  const Index top = row * w.stride[0] - w.padding[0], left = column * w.stride[1] - w.padding[1];
  const TapsInside down(top, w.window[0], w.dilation[0], w.x[0]), across(left, w.window[1], w.dilation[1], w.x[1]);
  if (across.first >= across.end) return;
  for (Index i = down.first; i < down.end; ++i) {
    const Index from = (image * w.x[0] + top + i * w.dilation[0]) * w.x[1] + left + across.first * w.dilation[1];
    visit(i * w.window[1] + across.first, across.end - across.first, from * w.channels);
  }
}

}  // namespace ebb::kernels
