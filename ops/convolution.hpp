#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Convolutions over one spatial axis (sequences) or two (images). Channels come last, as features do
// everywhere here: x is [..., length, channels] or [..., height, width, channels]. So a window of 1 is linear(), a gain
// or bias broadcasts, a sequence goes on to attention as it is, and what a window sees lies in few contiguous pieces.

namespace ebb EBB_PUBLIC {

/// One number for each spatial axis, {height, width}, or one for all.
struct ConvolutionOptions {
  Shape stride = 1;    ///< From one place of the window to the next.
  Shape padding = 0;   ///< Zeros before and after the axis.
  Shape dilation = 1;  ///< From one tap of the window to the next (Yu & Koltun 2016).
  Index groups = 1;    ///< The channels fall into so many groups, each of which makes its share of the result.
};
/// y[p, o] = the sum over taps k and channels c of x[p stride + k dilation - padding, c] weight[k, c, o], plus bias[o].
/// x [..., extents..., in], weight [window..., in / groups, out] with one or two axes of the window, bias [out] ->
/// [..., places..., out], with (extent + 2 padding - dilation (window - 1) - 1) / stride + 1 places, rounded down.
///
///     y = convolution(images, weight, bias, {.stride = 2, .padding = 1});
template <class T>
Tensor<T> convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias,
                      const ConvolutionOptions& options = {}, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> convolution(const Operand<T>& x, const Operand<T>& weight, const ConvolutionOptions& options = {},
                      SourceLocation at = SourceLocation::current());

struct TransposedConvolutionOptions {
  Shape stride = 1;          ///< From what one place of x adds to, to what the next one does.
  Shape padding = 0;         ///< Cut off before and after the axis.
  Shape dilation = 1;        ///< From one tap of the window to the next.
  Index groups = 1;          ///< As in a convolution.
  Shape output_padding = 0;  ///< More places at the end of the axis; fewer than the stride.
};
/// The transposed linear map of a convolution, which leads from its result to the size of its input: each place of x
/// adds its window of numbers to the result (Zeiler et al. 2010). x [..., extents..., in], weight [window...,
/// out / groups, in], bias [out] -> [..., places..., out], with (extent - 1) stride - 2 padding + dilation (window - 1)
/// + 1 + output_padding places. The weight is that of the convolution, whose channels `out` are here what comes in.
template <class T>
Tensor<T> transposed_convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias,
                                 const TransposedConvolutionOptions& options = {},
                                 SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> transposed_convolution(const Operand<T>& x, const Operand<T>& weight,
                                 const TransposedConvolutionOptions& options = {},
                                 SourceLocation at = SourceLocation::current());

}  // namespace ebb
