#include "softmax.h"

#include <algorithm>

#include "../storage/array.hpp"
#include "broadcast_loops.h"
#include "isa/softmax.h"
#include "lanes.h"

namespace ebb::kernels {

namespace {

/// Calls f(l, i) for the elements of some lanes, in squares: those that share a cache line follow each other closely,
/// whether the line runs along the lanes or across them.
template <class F>
void for_each_element(Index lanes, Index extent, F f) {
  constexpr Index square = 16;
  for (Index begin = 0; begin < extent; begin += square)
    for (Index l = 0; l < lanes; ++l)
      for (Index i = begin; i < std::min(extent, begin + square); ++i) f(l, i);
}

/// Calls rows(first, count, from, to) for blocks of lanes, the first of which bears that number, laid out as the rows
/// of dense arrays: where the lanes are no rows already, they are copied there and the result back. `to` may be
/// from[0].
template <class T, std::size_t N, class Rows>
void for_each_block(const Lanes& lanes, const std::array<const T*, N>& x, T* y, Rows rows) {
  const Index n = lanes.extent, all = lanes.count;
  if (lanes.stride == 1) {
    return parallel_rows(all, n, [&](Index first, Index count) {
      std::array<const T*, N> from = x;
      for (const T*& operand : from) operand += first * n;
      rows(first, count, from, y + first * n);
    });
  }
  constexpr Index block = 16;  // neighbouring lanes, whose elements share cache lines
  parallel_for(tiles_of(all, block), all * n, [&](Index number) {
    const Index first = number * block, count = std::min(block, all - first);
    Array<T> packed(Shape{static_cast<Index>(N), count, n});
    std::array<Index, block> start;
    for (Index l = 0; l < count; ++l) start[to_size(l)] = lanes.start(first + l);
    std::array<const T*, N> from;
    for (std::size_t k = 0; k < N; ++k) {
      T* to = packed.mutable_data() + static_cast<Index>(k) * count * n;
      for_each_element(count, n, [&](Index l, Index i) { to[l * n + i] = x[k][start[to_size(l)] + i * lanes.stride]; });
      from[k] = to;
    }
    T* result = packed.mutable_data();
    rows(first, count, from, result);
    for_each_element(count, n, [&](Index l, Index i) { y[start[to_size(l)] + i * lanes.stride] = result[l * n + i]; });
  });
}

}  // namespace

template <class T>
void softmax(const Shape& shape, int axis, const T* x, T* y) {
  const Lanes lanes(shape, axis);
  for_each_block<T, 1>(lanes, {x}, y, [n = lanes.extent](Index, Index count, const auto& from, T* to) {
    chosen<SoftmaxKernels<T>>().softmax(count, n, from[0], to);
  });
}

template <class T>
void masked_softmax(const Shape& shape, int axis, const T* x, const Shape& mask_shape, const std::int32_t* mask, T* y) {
  const Lanes lanes(shape, axis);
  const Index n = lanes.extent;
  if (n == 0) return;
  const BroadcastStrides strides(shape, mask_shape);
  const Index mask_stride = strides[axis];
  for_each_block<T, 1>(lanes, {x}, y, [&](Index first, Index count, const auto& from, T* to) {
    const auto& kernels = chosen<SoftmaxKernels<T>>();
    IntArray packed(Shape(mask_stride == 1 ? 0 : n));
    for (Index l = 0; l < count; ++l) {
      const std::int32_t* lane_mask = mask + strides.offset(lanes.start(first + l));
      if (mask_stride != 1) {
        std::int32_t* to_mask = packed.mutable_data();
        for (Index i = 0; i < n; ++i) to_mask[i] = lane_mask[i * mask_stride];
        lane_mask = to_mask;
      }
      kernels.masked_softmax(n, from[0] + l * n, lane_mask, to + l * n);
    }
  });
}

template <class T>
void softmax_derivative(const Shape& shape, int axis, const T* y, const T* dy, T* dx) {
  const Lanes lanes(shape, axis);
  for_each_block<T, 2>(lanes, {y, dy}, dx, [n = lanes.extent](Index, Index count, const auto& from, T* to) {
    chosen<SoftmaxKernels<T>>().softmax_derivative(count, n, from[0], from[1], to);
  });
}

template <class T>
void log_softmax(const Shape& shape, int axis, const T* x, T* y) {
  const Lanes lanes(shape, axis);
  for_each_block<T, 1>(lanes, {x}, y, [n = lanes.extent](Index, Index count, const auto& from, T* to) {
    chosen<SoftmaxKernels<T>>().log_softmax(count, n, from[0], to);
  });
}

template <class T>
void log_softmax_derivative(const Shape& shape, int axis, const T* y, const T* dy, T* dx) {
  const Lanes lanes(shape, axis);
  for_each_block<T, 2>(lanes, {y, dy}, dx, [n = lanes.extent](Index, Index count, const auto& from, T* to) {
    chosen<SoftmaxKernels<T>>().log_softmax_derivative(count, n, from[0], from[1], to);
  });
}

#define EBB_INSTANTIATE(T)                                                                          \
  template void softmax(const Shape&, int, const T*, T*);                                           \
  template void masked_softmax(const Shape&, int, const T*, const Shape&, const std::int32_t*, T*); \
  template void softmax_derivative(const Shape&, int, const T*, const T*, T*);                      \
  template void log_softmax(const Shape&, int, const T*, T*);                                       \
  template void log_softmax_derivative(const Shape&, int, const T*, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
