#pragma once

#include "../../autograd/shape.hpp"

// Raw loops of ops/arithmetic.cpp and ops/broadcast.cpp. The operands broadcast to `result`, whose shape y has.
namespace ebb::kernels {

template <class T>
void add(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);
template <class T>
void subtract(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);
template <class T>
void multiply(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);
template <class T>
void divide(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);
template <class T>
void power(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);

/// y = x, repeated along the axes that x lacks or has with extent 1.
template <class T>
void expand(const Shape& result, const Shape& x_shape, const T* x, T* y);

}  // namespace ebb::kernels
