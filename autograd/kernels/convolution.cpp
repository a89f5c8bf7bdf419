#include "convolution.h"

#include <optional>
#include <vector>

#include "../storage/array.hpp"
#include "gemm.h"
#include "isa/depthwise.h"
#include "isa/gemm.h"
#include "parallel.h"

// A convolution is a matrix product (Chellapilla et al. 2006): the windows at a tile of places are copied into the rows
// of a matrix, a few at a time, so that they are multiplied while they are in the cache. Where each channel is a group
// of its own, such matrices would be a number wide: there, rows of channels are multiplied element by element.
namespace ebb::kernels {

namespace {

using Sizes = ConvolutionShape;

Index group_width(const Sizes& s) { return s.channels / s.groups; }
Index depth(const Sizes& s) { return s.taps() * group_width(s); }
bool is_depthwise(const Sizes& s) { return s.groups == s.channels && s.groups == s.out && s.groups > 1; }
Index work_of(const Sizes& s) { return work_of_products(s.places() * s.weight_size()); }

/// Tiles of places whose windows fit a cache of the second level.
Tiles tiles_of_places(const Sizes& s, Index places) {
  return {places, std::clamp<Index>((Index{1} << 16) / std::max<Index>(1, depth(s)), 24, 1024)};
}

/// The windows of one group at some places as rows of a matrix.
template <class T>
class Patches {
 public:
  Patches(const Sizes& s, Index most)
      : shape_(s),
        in_place_(s.taps() == 1 && s.stride == Windows::Pair{1, 1} && s.padding == Windows::Pair{0, 0}),
        buffer_(in_place_ ? Array<T>() : Array<T>(Shape{most, depth(s)})) {}

  MatrixView<T> at(Index group, Index first, Index count, const T* x) {
    const Index width = group_width(shape_);
    if (in_place_) return {x + first * shape_.channels + group * width, shape_.channels, 1};
    T* to = buffer_.mutable_data();
    for (Index p = first; p < first + count; ++p, to += depth(shape_)) copy(p, x + group * width, to);
    return {buffer_.data(), depth(shape_), 1};
  }
  T* data() { return buffer_.mutable_data(); }

 private:
  void copy(Index place, const T* x, T* row) const {
    const Index width = group_width(shape_), step = shape_.tap_step();
    Index copied = 0;
    for_each_row_of_taps(shape_, place, [&](Index tap, Index n, Index offset) {
      std::fill(row + copied, row + tap * width, T{0});
      if (width == step)  // all channels of taps side by side
        std::copy_n(x + offset, n * width, row + tap * width);
      else
        for (Index t = 0; t < n; ++t) std::copy_n(x + offset + t * step, width, row + (tap + t) * width);
      copied = (tap + n) * width;
    });
    std::fill(row + copied, row + depth(shape_), T{0});
  }

  const Sizes& shape_;
  bool in_place_;
  Array<T> buffer_;
};

template <class T>
void convolve_tile(Index first, Index count, const Sizes& s, const T* x, const T* weight, const T* bias, T* y) {
  const Index columns = s.out / s.groups;
  Patches<T> patches(s, count);
  for (Index g = 0; g < s.groups; ++g)
    chosen<GemmKernels<T>>().product(
        count, columns, depth(s), patches.at(g, first, count, x), {weight + g * columns, s.out, 1},
        {bias == nullptr ? nullptr : bias + g * columns, 0, 1}, y + first * s.out + g * columns, s.out);
}

/// Adds the rows of patches to the places of one image that they were seen at.
template <class T>
void add_patches(const Sizes& s, Index first, Index count, const T* row, T* x) {
  const Index width = group_width(s), step = s.tap_step();
  for (Index p = first; p < first + count; ++p, row += depth(s))
    for_each_row_of_taps(s, p, [&](Index tap, Index n, Index offset) {
      for (Index t = 0; t < n; ++t) {
        T* const to = x + offset + t * step;
        const T* const from = row + (tap + t) * width;
        for (Index c = 0; c < width; ++c) to[c] += from[c];
      }
    });
}

template <class T>
void fill_rows(Index rows, Index width, const T* bias, T* x) {
  for (Index row = 0; row < rows; ++row)
    if (bias == nullptr)
      std::fill_n(x + row * width, width, T{0});
    else
      std::copy_n(bias, width, x + row * width);
}

template <class T>
void convolve_image_transposed(Index image, const Sizes& s, const T* y, const T* weight, const T* bias, T* x) {
  const Index width = group_width(s), columns = s.out / s.groups;
  fill_rows(s.x[0] * s.x[1], s.channels, bias, x + image * s.image_size());
  const Tiles tiles = tiles_of_places(s, s.places_per_image());
  Array<T> patches(Shape{tiles.size, depth(s)});
  T* const rows = patches.mutable_data();
  for (Index i = 0; i < tiles.count(); ++i) {
    const Index first = image * s.places_per_image() + i * tiles.size, count = of_unit(tiles.sizes(), i);
    for (Index g = 0; g < s.groups; ++g) {
      chosen<GemmKernels<T>>().product(count, depth(s), columns, {y + first * s.out + g * columns, s.out, 1},
                                       {weight + g * columns, 1, s.out}, {}, rows, depth(s));
      add_patches(s, first, count, rows, x + g * width);
    }
  }
}

template <class T>
void convolve_weight_part(Index first, Index count, const Sizes& s, const T* x, const T* y, T* weight) {
  const Index columns = s.out / s.groups;
  const Tiles tiles = tiles_of_places(s, count);
  Patches<T> patches(s, tiles.size);
  for (Index i = 0; i < tiles.count(); ++i) {
    const Index from = first + i * tiles.size, n = of_unit(tiles.sizes(), i);
    for (Index g = 0; g < s.groups; ++g) {
      const MatrixView<T> seen = patches.at(g, from, n, x);
      T* const sum = weight + g * columns;
      chosen<GemmKernels<T>>().product(depth(s), columns, n, {seen.data, seen.column_step, seen.row_step},
                                       {y + from * s.out + g * columns, s.out, 1},
                                       i == 0 ? MatrixView<T>{} : MatrixView<T>{sum, s.out, 1}, sum, s.out);
    }
  }
}

// ---- each channel by itself

/// The taps of a window that lie on the image: the offset in x and in the weight of each.
struct Taps {
  std::vector<Index> from, at;

  explicit Taps(const Sizes& s) : from(to_size(s.taps())), at(to_size(s.taps())) {}
  /// Finds those of the window at this place, and returns their number.
  Index find(const Sizes& s, Index place) {
    std::size_t count = 0;
    for_each_row_of_taps(s, place, [&](Index tap, Index n, Index offset) {
      for (Index t = 0; t < n; ++t, ++count) {
        from[count] = offset + t * s.tap_step();
        at[count] = (tap + t) * s.channels;
      }
    });
    return static_cast<Index>(count);
  }
};

template <class T>
void convolve_channels(Index first, Index count, const Sizes& s, const T* x, const T* weight, const T* bias, T* y) {
  Taps taps(s);
  for (Index p = first; p < first + count; ++p) {
    const Index n = taps.find(s, p);
    chosen<DepthwiseKernels<T>>().over_taps(s.channels, n, taps.from.data(), taps.at.data(), x, weight, bias,
                                            y + p * s.out);
  }
}

template <class T>
void convolve_channels_transposed(Index image, const Sizes& s, const T* y, const T* weight, const T* bias, T* x) {
  fill_rows(s.x[0] * s.x[1], s.channels, bias, x + image * s.image_size());
  Taps taps(s);
  for (Index p = image * s.places_per_image(); p < (image + 1) * s.places_per_image(); ++p)
    for (Index t = taps.find(s, p); t-- > 0;) {
      const T *from = y + p * s.out, *factor = weight + taps.at[to_size(t)];
      T* const to = x + taps.from[to_size(t)];
      for (Index c = 0; c < s.channels; ++c) to[c] += from[c] * factor[c];
    }
}

template <class T>
void convolve_weight_of_channels(Index first, Index count, const Sizes& s, const T* x, const T* y, T* weight) {
  std::fill_n(weight, s.weight_size(), T{0});
  // Along a row of places, those whose window's column j lies on the image are side by side.
  for (Index p = first, n; p < first + count; p += n) {
    const Index image = p / s.places_per_image(), row = p / s.y[1] % s.y[0], column = p % s.y[1];
    n = std::min(s.y[1] - column, first + count - p);
    const Index top = row * s.stride[0] - s.padding[0];
    const TapsInside down(top, s.window[0], s.dilation[0], s.x[0]);
    for (Index i = down.first; i < down.end; ++i)
      for (Index j = 0; j < s.window[1]; ++j) {
        const Index at = j * s.dilation[1] - s.padding[1];  // of column 0
        const Index from = std::max(column, at < 0 ? (s.stride[1] - 1 - at) / s.stride[1] : 0),
                    end = std::min(column + n, at < s.x[1] ? (s.x[1] - 1 - at) / s.stride[1] + 1 : 0);
        if (from >= end) continue;
        const Index in_x = ((image * s.x[0] + top + i * s.dilation[0]) * s.x[1] + from * s.stride[1] + at) * s.channels;
        chosen<DepthwiseKernels<T>>().over_places(s.channels, end - from, x + in_x, s.stride[1] * s.channels,
                                                  y + (p - column + from) * s.out, s.out,
                                                  weight + (i * s.window[1] + j) * s.channels);
      }
  }
}

/// The convolution that the transposed one is, where windows move by one: each x sees the y that saw it, through the
/// taps in reverse order. None where the padding is wider than that.
std::optional<Sizes> as_convolution(const Sizes& s) {
  Sizes back = s;
  back.x = s.y, back.y = s.x;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    back.padding[axis] = s.dilation[axis] * (s.window[axis] - 1) - s.padding[axis];
    if (s.stride[axis] != 1 || back.padding[axis] < 0) return std::nullopt;
  }
  return back;
}

template <class T>
Array<T> with_taps_reversed(const Sizes& s, const T* weight) {
  Array<T> reversed(Shape{s.taps(), s.channels});
  for (Index tap = 0; tap < s.taps(); ++tap)
    std::copy_n(weight + tap * s.channels, s.channels, reversed.mutable_data() + (s.taps() - 1 - tap) * s.channels);
  return reversed;
}

/// weight = the sum of the parts, in their order.
template <class T>
void add_parts(Index count, Index parts, Index size, const T* part, T* weight) {
  std::copy_n(part, count, weight);
  for (Index p = 1; p < parts; ++p)
    for (Index i = 0; i < count; ++i) weight[i] += part[p * size + i];
}

}  // namespace

template <class T>
void convolve(const ConvolutionShape& s, const T* x, const T* weight, const T* bias, T* y) {
  const Tiles tiles = tiles_of_places(s, s.places());
  parallel_for(tiles.count(), work_of(s), is_depthwise(s) ? convolve_channels<T> : convolve_tile<T>, tiles.starts(),
               tiles.sizes(), s, x, weight, bias, y);
}

template <class T>
void convolve_transposed(const ConvolutionShape& s, const T* y, const T* weight, const T* bias, T* x) {
  if (const auto back = as_convolution(s); back && is_depthwise(s)) {
    const Array<T> reversed = with_taps_reversed(s, weight);
    return convolve(*back, y, reversed.data(), bias, x);
  }
  parallel_for(s.images, work_of(s), is_depthwise(s) ? convolve_channels_transposed<T> : convolve_image_transposed<T>,
               Counter{}, s, y, weight, bias, x);
}

template <class T>
void convolve_weight(const ConvolutionShape& s, const T* x, const T* y, T* weight) {
  // Parts of the places are summed on their own, as many as are worth their memory, whatever the number of threads.
  constexpr Index most = 16, least_places = 512, most_numbers = Index{1} << 24;
  const Index size = s.weight_size();
  const Index wanted =
      std::clamp<Index>(std::min(s.places() / least_places, most_numbers / std::max<Index>(1, size)), 1, most);
  const Tiles parts{s.places(), std::max<Index>(1, tiles_of(s.places(), wanted))};
  const auto sum = is_depthwise(s) ? convolve_weight_of_channels<T> : convolve_weight_part<T>;
  if (parts.count() == 0) {
    std::fill_n(weight, size, T{0});
  } else if (parts.count() == 1) {
    sum(0, s.places(), s, x, y, weight);
  } else {
    Array<T> sums(Shape{parts.count(), size});
    T* const part = sums.mutable_data();
    parallel_for(parts.count(), work_of(s), sum, parts.starts(), parts.sizes(), s, x, y, Moving<T>{part, size});
    const Tiles tiles = element_tiles(size);
    parallel_for(tiles.count(), parts.count() * size, add_parts<T>, tiles.sizes(), parts.count(), size,
                 tiles.of<const T>(part), tiles.of(weight));
  }
}

#define EBB_INSTANTIATE(T)                                                                      \
  template void convolve(const ConvolutionShape&, const T*, const T*, const T*, T*);            \
  template void convolve_transposed(const ConvolutionShape&, const T*, const T*, const T*, T*); \
  template void convolve_weight(const ConvolutionShape&, const T*, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
