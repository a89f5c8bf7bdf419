#include "arithmetic.hpp"

#include <cmath>

#include "broadcast_loops.hpp"

namespace ebb::kernels {

template <class T>
void add(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return u + v; });
}

template <class T>
void subtract(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return u - v; });
}

template <class T>
void multiply(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return u * v; });
}

template <class T>
void divide(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return u / v; });
}

template <class T>
void power(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return std::pow(u, v); });
}

template <class T>
void expand(const Shape& result, const Shape& x_shape, const T* x, T* y) {
  const BroadcastLoops<1> loops(result, {x_shape});
  const Index n = loops.inner_extent(), step = loops.inner_stride()[0];
  loops.for_each_row([&](Index to, const auto& from) {
    for (Index i = 0; i < n; ++i) y[to + i] = x[from[0] + i * step];
  });
}

#define EBB_INSTANTIATE(T)                                                                  \
  template void add(const Shape&, const Shape&, const T*, const Shape&, const T*, T*);      \
  template void subtract(const Shape&, const Shape&, const T*, const Shape&, const T*, T*); \
  template void multiply(const Shape&, const Shape&, const T*, const Shape&, const T*, T*); \
  template void divide(const Shape&, const Shape&, const T*, const Shape&, const T*, T*);   \
  template void power(const Shape&, const Shape&, const T*, const Shape&, const T*, T*);    \
  template void expand(const Shape&, const Shape&, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
