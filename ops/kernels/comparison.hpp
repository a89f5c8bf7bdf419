#pragma once

#include <cstdint>

#include "../../autograd/shape.hpp"

// Raw loops of ops/comparison.cpp. The operands broadcast to `result`, whose shape y has.
namespace ebb::kernels {

template <class T>
void less(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, std::int32_t* y);
template <class T>
void less_equal(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b,
                std::int32_t* y);
template <class T>
void equal(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, std::int32_t* y);

/// y = a where the mask is not 0, else b.
template <class T>
void where(const Shape& result, const Shape& mask_shape, const std::int32_t* mask, const Shape& a_shape, const T* a,
           const Shape& b_shape, const T* b, T* y);
template <class T>
void minimum(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);
template <class T>
void maximum(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y);

}  // namespace ebb::kernels
