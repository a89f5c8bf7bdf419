#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Pooling over a window of one axis (sequences) or two (images), each channel by itself; channels come last.

namespace ebb EBB_PUBLIC {

struct PoolOptions {
  Shape stride = {};  ///< The window's extents unless given.
  Shape padding = 0;  ///< Before and after the axis; at most half of the window.
};
/// The largest element of each channel that the window sees; NaN if any is. x [..., extents..., channels] -> [...,
/// places..., channels], with (extent + 2 padding - window) / stride + 1 places, rounded down. Padding is never the
/// largest. Of several largest, the first one gets the adjoint.
///
///     y = max_pool(images, {2, 2});
template <class T>
Tensor<T> max_pool(const Operand<T>& x, const Shape& window, const PoolOptions& options = {},
                   SourceLocation at = SourceLocation::current());
/// The mean of each channel over the window, in which padding counts as zeros. Shapes as for max_pool.
template <class T>
Tensor<T> average_pool(const Operand<T>& x, const Shape& window, const PoolOptions& options = {},
                       SourceLocation at = SourceLocation::current());
/// Pooling to a result of these extents, one for sequences or two for images, whatever those of x: [..., extents...,
/// channels]. Along an axis of extent n, place i of m sees the elements from floor(i n / m) to ceil((i + 1) n / m),
/// this one not among them; so no place sees none, and neighbours share elements where m does not divide n. Of several
/// largest, the first one gets the adjoint. Throws Error where x has an extent of 0 to pool.
///
///     y = adaptive_average_pool(images, {7, 7});
template <class T>
Tensor<T> adaptive_max_pool(const Operand<T>& x, const Shape& extents, SourceLocation at = SourceLocation::current());
/// The mean of what each place sees. Extents and places as for adaptive_max_pool.
template <class T>
Tensor<T> adaptive_average_pool(const Operand<T>& x, const Shape& extents,
                                SourceLocation at = SourceLocation::current());

}  // namespace ebb
