#include "comparison.hpp"

#include <algorithm>

#include "broadcast_loops.hpp"

namespace ebb::kernels {

template <class T>
void less(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, std::int32_t* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return std::int32_t{u < v}; });
}

template <class T>
void less_equal(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b,
                std::int32_t* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return std::int32_t{u <= v}; });
}

template <class T>
void equal(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, std::int32_t* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return std::int32_t{u == v}; });
}

template <class T>
void where(const Shape& result, const Shape& mask_shape, const std::int32_t* mask, const Shape& a_shape, const T* a,
           const Shape& b_shape, const T* b, T* y) {
  const BroadcastLoops<3> loops(result, {mask_shape, a_shape, b_shape});
  const Index n = loops.inner_extent();
  const auto [mask_step, a_step, b_step] = loops.inner_stride();
  loops.for_each_row([&, mask_step = mask_step, a_step = a_step, b_step = b_step](Index to, const auto& from) {
    for (Index i = 0; i < n; ++i)
      y[to + i] = mask[from[0] + i * mask_step] != 0 ? a[from[1] + i * a_step] : b[from[2] + i * b_step];
  });
}

// A comparison with NaN is false: hence the second one, which lets a NaN on either side through.
template <class T>
void minimum(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return v < u || v != v ? v : u; });
}

template <class T>
void maximum(const Shape& result, const Shape& a_shape, const T* a, const Shape& b_shape, const T* b, T* y) {
  broadcast(result, a_shape, a, b_shape, b, y, [](T u, T v) { return v > u || v != v ? v : u; });
}

#define EBB_INSTANTIATE(T)                                                                                             \
  template void less(const Shape&, const Shape&, const T*, const Shape&, const T*, std::int32_t*);                     \
  template void less_equal(const Shape&, const Shape&, const T*, const Shape&, const T*, std::int32_t*);               \
  template void equal(const Shape&, const Shape&, const T*, const Shape&, const T*, std::int32_t*);                    \
  template void where(const Shape&, const Shape&, const std::int32_t*, const Shape&, const T*, const Shape&, const T*, \
                      T*);                                                                                             \
  template void minimum(const Shape&, const Shape&, const T*, const Shape&, const T*, T*);                             \
  template void maximum(const Shape&, const Shape&, const T*, const Shape&, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
