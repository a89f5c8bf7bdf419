#pragma once

#include "../storage/shape.hpp"
#include "isa/softmax.h"

// Raw loops of ops/softmax.cpp, along one axis of a dense array. Sums along the axis run in double.
namespace ebb::kernels {

/// Computes y from the operands x along an axis of arrays of this shape, by a kernel that does so for rows:
/// `along_axis(chosen<SoftmaxKernels<T>>().softmax, shape, axis, y, x)`.
template <class T, class... X>
void along_axis(void (*kernel)(Index rows, Index n, T* y, const X*... x), const Shape& shape, int axis, T* y,
                const X*... x);

/// Computes the softmax over the elements whose mask, which broadcasts to x, is not 0; y is 0 for the others. Its
/// derivative is that of the softmax without a mask: a masked element has y = 0, hence dx = 0.
template <class T>
void masked_softmax(const Shape& shape, int axis, T* y, const T* x, const Shape& mask_shape, const std::int32_t* mask);

}  // namespace ebb::kernels
