#include "../autograd/kernels/pooling.h"

#include <fmt/format.h>

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

#define EBB_INSTANTIATE(T)                                                                          \
  template Tensor<T> max_pool(const Operand<T>&, const Shape&, const PoolOptions&, SourceLocation); \
  template Tensor<T> average_pool(const Operand<T>&, const Shape&, const PoolOptions&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
