#include "elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "parallel.hpp"

namespace ebb::kernels {

namespace {

/// y[i] = f(i): the one loop behind all of these, cut into tiles that threads may share.
template <class T, class F>
void map(Index n, T* y, F f) {
  constexpr Index tile = 1 << 12;
  parallel_for((n + tile - 1) / tile, n, [=](Index k) {
    const Index end = std::min(n, (k + 1) * tile);
    for (Index i = k * tile; i < end; ++i) y[i] = f(i);
  });
}

template <class T>
T logistic(T x) {
  return 1 / (1 + std::exp(-x));
}

/// The normal distribution function; by erfc, which keeps its digits in the lower tail.
template <class T>
T normal_distribution(T x) {
  return T{0.5} * std::erfc(-x / std::numbers::sqrt2_v<T>);
}

template <class T>
T normal_density(T x) {
  constexpr T at_zero = std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
  return at_zero * std::exp(T{-0.5} * x * x);
}

// gelu_tanh is x s(2u), with the logistic function s and the cubic u, for (1 + tanh(u)) / 2 = s(2u).
template <class T>
constexpr T cubic_slope = 2 * std::numbers::sqrt2_v<T>* std::numbers::inv_sqrtpi_v<T>;  // of 2u, at 0
template <class T>
constexpr T cubic_bend = T(0.044715);

template <class T>
T within_bound(T x) {
  return std::clamp(x, static_cast<T>(-gate_bound), static_cast<T>(gate_bound));
}

/// x times its gate: -0 where the gate is closed, even if x is minus infinity.
template <class T>
T gated(T x, T gate) {
  return std::max(x, static_cast<T>(-gate_bound)) * gate;
}

template <class T>
T gelu_tanh_gate(T x) {
  return logistic(cubic_slope<T> * x * (1 + cubic_bend<T> * x * x));
}

}  // namespace

template <class T>
void exp(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::exp(x[i]); });
}

template <class T>
void expm1(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::expm1(x[i]); });
}

template <class T>
void log(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::log(x[i]); });
}

template <class T>
void log1p(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::log1p(x[i]); });
}

template <class T>
void sqrt(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::sqrt(x[i]); });
}

template <class T>
void rsqrt(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return 1 / std::sqrt(x[i]); });
}

template <class T>
void abs(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::abs(x[i]); });
}

template <class T>
void sin(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::sin(x[i]); });
}

template <class T>
void cos(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::cos(x[i]); });
}

template <class T>
void tanh(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::tanh(x[i]); });
}

template <class T>
void erf(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return std::erf(x[i]); });
}

template <class T>
void sigmoid(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return logistic(x[i]); });
}

template <class T>
void softplus(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return (x[i] <= 0 ? 0 : x[i]) + std::log1p(std::exp(-std::abs(x[i]))); });
}

template <class T>
void relu(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return x[i] <= 0 ? 0 : x[i]; });  // so that NaN stays NaN
}

template <class T>
void leaky_relu(Index n, const T* x, T slope, T* y) {
  map(n, y, [=](Index i) { return x[i] > 0 ? x[i] : slope * x[i]; });
}

template <class T>
void gelu(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return gated(x[i], normal_distribution(x[i])); });
}

template <class T>
void gelu_tanh(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return gated(x[i], gelu_tanh_gate(within_bound(x[i]))); });
}

template <class T>
void silu(Index n, const T* x, T* y) {
  map(n, y, [=](Index i) { return gated(x[i], logistic(x[i])); });
}

template <class T>
void tanh_derivative(Index n, const T* y, const T* dy, T* dx) {
  map(n, dx, [=](Index i) { return dy[i] * (1 - y[i] * y[i]); });
}

template <class T>
void sigmoid_derivative(Index n, const T* y, const T* dy, T* dx) {
  map(n, dx, [=](Index i) { return dy[i] * y[i] * (1 - y[i]); });
}

template <class T>
void relu_derivative(Index n, const T* y, const T* dy, T* dx) {
  map(n, dx, [=](Index i) {
    const T adjoint = dy[i];  // read in any case, so that the compiler can vectorise the choice
    return y[i] <= 0 ? 0 : adjoint;
  });
}

template <class T>
void gelu_derivative(Index n, const T* x, const T* dy, T* dx) {
  map(n, dx, [=](Index i) {
    const T z = within_bound(x[i]);
    return dy[i] * (normal_distribution(z) + z * normal_density(z));
  });
}

template <class T>
void gelu_tanh_derivative(Index n, const T* x, const T* dy, T* dx) {
  map(n, dx, [=](Index i) {
    const T z = within_bound(x[i]), s = gelu_tanh_gate(z);
    return dy[i] * s * (1 + z * (1 - s) * cubic_slope<T> * (1 + 3 * cubic_bend<T> * z * z));
  });
}

template <class T>
void silu_derivative(Index n, const T* x, const T* dy, T* dx) {
  map(n, dx, [=](Index i) {
    const T z = within_bound(x[i]), s = logistic(z);
    return dy[i] * s * (1 + z * (1 - s));
  });
}

#define EBB_INSTANTIATE(T)                                           \
  template void exp(Index, const T*, T*);                            \
  template void expm1(Index, const T*, T*);                          \
  template void log(Index, const T*, T*);                            \
  template void log1p(Index, const T*, T*);                          \
  template void sqrt(Index, const T*, T*);                           \
  template void rsqrt(Index, const T*, T*);                          \
  template void abs(Index, const T*, T*);                            \
  template void sin(Index, const T*, T*);                            \
  template void cos(Index, const T*, T*);                            \
  template void tanh(Index, const T*, T*);                           \
  template void erf(Index, const T*, T*);                            \
  template void sigmoid(Index, const T*, T*);                        \
  template void softplus(Index, const T*, T*);                       \
  template void relu(Index, const T*, T*);                           \
  template void leaky_relu(Index, const T*, T, T*);                  \
  template void gelu(Index, const T*, T*);                           \
  template void gelu_tanh(Index, const T*, T*);                      \
  template void silu(Index, const T*, T*);                           \
  template void tanh_derivative(Index, const T*, const T*, T*);      \
  template void sigmoid_derivative(Index, const T*, const T*, T*);   \
  template void relu_derivative(Index, const T*, const T*, T*);      \
  template void gelu_derivative(Index, const T*, const T*, T*);      \
  template void gelu_tanh_derivative(Index, const T*, const T*, T*); \
  template void silu_derivative(Index, const T*, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
