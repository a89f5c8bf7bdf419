#pragma once

#include "../autograd/kernels/windows.h"

namespace ebb {

/// How a window moves over one or two spatial axes: attributes of convolutions. Along one axis, [1] counts.
struct WindowSteps {
  int axes;  // spatial ones
  kernels::Windows::Pair stride, padding, dilation;
};

/// The steps, from options with a number for each of the axes, or one for all. Throws Error unless strides and
/// dilations are positive and paddings are not negative.
WindowSteps window_steps(int axes, const Shape& stride, const Shape& padding, const Shape& dilation);

/// One number for each of the axes, or one for all, as {height, width}; along one axis, `along_height` and the number.
kernels::Windows::Pair numbers_for_axes(const char* what, const Shape& numbers, int axes, Index along_height);

/// Throws Error if x [..., extents..., channels] has fewer axes than these spatial ones and the channels.
void check_spatial_axes(const Shape& x, int axes);

/// The extents of the spatial axes of x [..., extents..., channels] as {height, width}; the height of sequences is 1.
kernels::Windows::Pair spatial_extents(const Shape& x, int axes);

/// The windows over x [..., extents..., channels], with their places. Throws Error if x has too few axes, or is too
/// small for the window.
kernels::Windows windows_over(const Shape& x, const kernels::Windows::Pair& window, const WindowSteps& steps);

/// x with these extents of its spatial axes, and so many channels.
Shape with_extents(const Shape& x, int axes, const kernels::Windows::Pair& extents, Index channels);

}  // namespace ebb
