#include "windows.h"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"

namespace ebb {

using Pair = kernels::Windows::Pair;

Pair numbers_for_axes(const char* what, const Shape& numbers, int axes, Index along_height) {
  if (numbers.rank() != 1 && numbers.rank() != axes)
    throw Error(fmt::format("the {} is one number{}, not {}", what,
                            axes == 2 ? " for both axes, or two: {height, width}" : "", to_string(numbers)));
  return {axes == 1 ? along_height : numbers[0], numbers[numbers.rank() - 1]};
}

namespace {

Pair checked(const char* what, const Shape& numbers, int axes, Index along_height, Index least) {
  const Pair pair = numbers_for_axes(what, numbers, axes, along_height);
  if (pair[0] < least || pair[1] < least)
    throw Error(fmt::format("the {} must be at least {}, not {}", what, least, to_string(numbers)));
  return pair;
}

}  // namespace

WindowSteps window_steps(int axes, const Shape& stride, const Shape& padding, const Shape& dilation) {
  return {axes, checked("stride", stride, axes, 1, 1), checked("padding", padding, axes, 0, 0),
          checked("dilation", dilation, axes, 1, 1)};
}

void check_spatial_axes(const Shape& x, int axes) {
  if (x.rank() < axes + 1)
    throw Error(fmt::format("x must have the shape [..., {}, channels], not {}", axes == 2 ? "height, width" : "length",
                            to_string(x)));
}

Pair spatial_extents(const Shape& x, int axes) { return {axes == 2 ? x.extent(-3) : 1, x.extent(-2)}; }

kernels::Windows windows_over(const Shape& x, const Pair& window, const WindowSteps& steps) {
  check_spatial_axes(x, steps.axes);
  kernels::Windows w{
      1, x.extent(-1), spatial_extents(x, steps.axes), {}, window, steps.stride, steps.padding, steps.dilation};
  for (int axis = 0; axis < x.rank() - 1 - steps.axes; ++axis) w.images *= x[axis];
  for (const std::size_t i : {0U, 1U}) {
    if (window[i] < 1)
      throw Error(fmt::format("the window has an extent of {}, and must have one of 1 at least", window[i]));
    const Index room = w.x[i] + 2 * w.padding[i] - w.dilation[i] * (window[i] - 1) - 1;
    if (room < 0)
      throw Error(fmt::format("a window of {}{} does not fit into the extent {} of {}, with a padding of {}", window[i],
                              w.dilation[i] > 1 ? fmt::format(", dilated by {},", w.dilation[i]) : "", w.x[i],
                              to_string(x), w.padding[i]));
    w.y[i] = room / w.stride[i] + 1;
  }
  return w;
}

Shape with_extents(const Shape& x, int axes, const Pair& extents, Index channels) {
  const Shape shape = x.with(-1, channels).with(-2, extents[1]);
  return axes == 2 ? shape.with(-3, extents[0]) : shape;
}

}  // namespace ebb
