#pragma once

#include "../storage/shape.hpp"

// Raw loops of ops/softmax.cpp, along one axis of a dense array. Sums along the axis run in double.
namespace ebb::kernels {

template <class T>
void softmax(const Shape& shape, int axis, const T* x, T* y);
/// Over the elements whose mask, which broadcasts to x, is not 0; 0 for the others.
template <class T>
void masked_softmax(const Shape& shape, int axis, const T* x, const Shape& mask_shape, const std::int32_t* mask, T* y);
/// Of both: a masked element has y = 0, hence dx = 0.
template <class T>
void softmax_derivative(const Shape& shape, int axis, const T* y, const T* dy, T* dx);

template <class T>
void log_softmax(const Shape& shape, int axis, const T* x, T* y);
template <class T>
void log_softmax_derivative(const Shape& shape, int axis, const T* y, const T* dy, T* dx);

}  // namespace ebb::kernels
