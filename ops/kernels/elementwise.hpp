#pragma once

#include "../../autograd/shape.hpp"

// Raw loops of ops/exponential.cpp, ops/trigonometric.cpp and ops/activation.cpp, over n elements.
namespace ebb::kernels {

template <class T>
void exp(Index n, const T* x, T* y);
template <class T>
void expm1(Index n, const T* x, T* y);
template <class T>
void log(Index n, const T* x, T* y);
template <class T>
void log1p(Index n, const T* x, T* y);
template <class T>
void sqrt(Index n, const T* x, T* y);
template <class T>
void rsqrt(Index n, const T* x, T* y);
template <class T>
void abs(Index n, const T* x, T* y);

template <class T>
void sin(Index n, const T* x, T* y);
template <class T>
void cos(Index n, const T* x, T* y);
template <class T>
void tanh(Index n, const T* x, T* y);
template <class T>
void erf(Index n, const T* x, T* y);

template <class T>
void sigmoid(Index n, const T* x, T* y);
template <class T>
void softplus(Index n, const T* x, T* y);
template <class T>
void relu(Index n, const T* x, T* y);
template <class T>
void leaky_relu(Index n, const T* x, T slope, T* y);
template <class T>
void gelu(Index n, const T* x, T* y);
template <class T>
void gelu_tanh(Index n, const T* x, T* y);
template <class T>
void silu(Index n, const T* x, T* y);

// Derivatives in one loop: dx = dy f'(x), from the input or, where it is as good, from the result.
template <class T>
void tanh_derivative(Index n, const T* y, const T* dy, T* dx);
template <class T>
void sigmoid_derivative(Index n, const T* y, const T* dy, T* dx);
template <class T>
void relu_derivative(Index n, const T* y, const T* dy, T* dx);
template <class T>
void gelu_derivative(Index n, const T* x, const T* dy, T* dx);
template <class T>
void gelu_tanh_derivative(Index n, const T* x, const T* dy, T* dx);
template <class T>
void silu_derivative(Index n, const T* x, const T* dy, T* dx);

/// gelu, gelu_tanh and silu are x times a gate, which beyond this is 0 or 1 in any precision. There the gate takes the
/// bound for x: an infinite x would make 0 times infinity, a large one overflow the cubic of gelu_tanh.
inline constexpr double gate_bound = 1000;

}  // namespace ebb::kernels
