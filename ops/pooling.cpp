#include "../autograd/kernels/pooling.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "../autograd/base/error.hpp"
#include "new_array.h"
#include "ops.hpp"
#include "windows.h"

namespace ebb EBB_PUBLIC {

namespace {

using Pair = kernels::Windows::Pair;

const Shape& stride_of(const Shape& window, const PoolOptions& options) {
  return options.stride.rank() == 0 ? window : options.stride;
}

/// The windows of a pooling. Throws Error if they do not fit.
kernels::Windows pooling_windows(const Shape& x, const Shape& window, const PoolOptions& options) {
  const int axes = window.rank();
  if (axes != 1 && axes != 2)
    throw Error(fmt::format("the window has one extent for sequences, or two for images, {{height, width}}; not {}",
                            to_string(window)));
  const WindowSteps steps = window_steps(axes, stride_of(window, options), options.padding, 1);
  const kernels::Windows w = windows_over(x, numbers_for_axes("window", window, axes, 1), steps);
  for (const std::size_t i : {0U, 1U})
    if (2 * w.padding[i] > w.window[i])
      throw Error(fmt::format("a padding of {} is more than half of the window of {}", w.padding[i], w.window[i]));
  return w;
}

void check_adaptive(const Shape& x, const Shape& extents) {
  const int axes = extents.rank();
  if (axes != 1 && axes != 2)
    throw Error(fmt::format("the result has one extent for sequences, or two for images, {{height, width}}; not {}",
                            to_string(extents)));
  check_spatial_axes(x, axes);
  const Pair there = spatial_extents(x, axes);
  for (const Index extent : extents)
    if (extent < 1) throw Error(fmt::format("the result cannot have the extents {}", to_string(extents)));
  if (there[0] == 0 || there[1] == 0) throw Error(fmt::format("x of shape {} has nothing to pool", to_string(x)));
}

/// What each place of a pooled axis sees: the elements from `first` on, `counts` of them.
struct Sights {
  Sights(Index extent, Index places) {
    for (Index i = 0; i < places; ++i) {
      const Index begin = i * extent / places, end = ((i + 1) * extent - 1) / places + 1;
      firsts.push_back(static_cast<std::int32_t>(begin));
      counts.push_back(static_cast<std::int32_t>(end - begin));
      most = std::max(most, end - begin);
    }
  }
  /// The elements that each place sees, [places, most]: the last one again where they are fewer.
  IntArray elements() const {
    IntArray elements(Shape{firsts.size(), most});
    std::int32_t* element = elements.mutable_data();
    for (std::size_t i = 0; i < firsts.size(); ++i)
      for (std::int32_t k = 0; k < most; ++k) *element++ = firsts[i] + std::min(k, counts[i] - 1);
    return elements;
  }

  std::vector<std::int32_t> firsts, counts;
  Index most = 0;
};

/// A vector along an axis, counted from the end, to broadcast.
template <class T>
Array<T> along(int axis, const std::vector<T>& numbers) {
  Shape shape(numbers.size());
  for (int behind = axis + 1; behind < 0; ++behind) shape.push_back(1);
  return Array<T>(shape, numbers);
}

template <class T>
Tensor<T> largest_along(const Tensor<T>& x, int axis, Index places, SourceLocation at) {
  const Sights sights(x.extent(axis), places);
  const IntArray chosen = named("adaptive_max_pool", at, [&] {
    const Tensor<T> seen = gather(x.detach(), sights.elements(), axis);  // [..., places, most, ...]
    return argmax(seen, axis) + along(axis, sights.firsts);
  });
  return take_along_axis(x, chosen, axis, at);
}

template <class T>
Tensor<T> mean_along(const Tensor<T>& x, int axis, Index places, SourceLocation at) {
  const Sights sights(x.extent(axis), places);
  const Tensor<T> seen = gather(x, sights.elements(), axis, at);
  std::vector<T> shares;
  for (const std::int32_t count : sights.counts) shares.push_back(T{1} / static_cast<T>(count));
  const IntArray counts(Shape{places, 1}, sights.counts);
  const IntArray counted = arange(0, sights.most) < counts;
  Shape mask = counted.shape();
  for (int behind = axis + 1; behind < 0; ++behind) mask.push_back(1);
  const Tensor<T> total = sum(where(counted.reshaped(mask), seen, 0, at), axis, {}, at);
  return multiply(total, Tensor<T>(along(axis, shares)), at);
}

/// Along the last axis first: of several equal numbers, the first in row-major order then stands first in each step.
template <class T, class Along>
Tensor<T> adaptive_pool(const char* op, const Operand<T>& x, const Shape& extents, const Along& pool_along,
                        SourceLocation at) {
  Tensor<T> y = x.tensor(at);
  named(op, at, [&] { check_adaptive(y.shape(), extents); });
  for (int axis = -1; axis >= -extents.rank(); --axis) y = pool_along(y, axis - 1, extents.extent(axis), at);
  return y;
}

}  // namespace

template <class T>
Tensor<T> max_pool(const Operand<T>& x, const Shape& window, const PoolOptions& options, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  kernels::Windows w;
  const IntArray indices = named("max_pool", at, [&] {
    w = pooling_windows(from.shape(), window, options);
    IntArray places(Shape{w.images, w.places_per_image(), w.channels});
    kernels::largest_in_windows(w, from.data(), places.mutable_data());
    return places;
  });
  const Tensor<T> images = reshape(from, {w.images, w.x[0] * w.x[1], w.channels}, at);
  return reshape(take_along_axis(images, indices, 1, at), with_extents(from.shape(), window.rank(), w.y, w.channels),
                 at);
}

template <class T>
Tensor<T> average_pool(const Operand<T>& x, const Shape& window, const PoolOptions& options, SourceLocation at) {
  // A convolution of each channel by itself, with a constant weight.
  const Index channels =
      named("average_pool", at, [&] { return pooling_windows(x.shape(), window, options).channels; });
  if (channels == 0) return max_pool(x, window, options, at);  // of nothing, both are the same
  Shape weight = window;
  weight.push_back(1);
  weight.push_back(channels);
  return convolution(x, full<T>(weight, 1 / static_cast<double>(window.size())),
                     {.stride = stride_of(window, options), .padding = options.padding, .groups = channels}, at);
}

template <class T>
Tensor<T> adaptive_max_pool(const Operand<T>& x, const Shape& extents, SourceLocation at) {
  return adaptive_pool("adaptive_max_pool", x, extents, largest_along<T>, at);
}

template <class T>
Tensor<T> adaptive_average_pool(const Operand<T>& x, const Shape& extents, SourceLocation at) {
  return adaptive_pool("adaptive_average_pool", x, extents, mean_along<T>, at);
}

#define EBB_INSTANTIATE(T)                                                                          \
  template Tensor<T> adaptive_max_pool(const Operand<T>&, const Shape&, SourceLocation);            \
  template Tensor<T> adaptive_average_pool(const Operand<T>&, const Shape&, SourceLocation);        \
  template Tensor<T> max_pool(const Operand<T>&, const Shape&, const PoolOptions&, SourceLocation); \
  template Tensor<T> average_pool(const Operand<T>&, const Shape&, const PoolOptions&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
