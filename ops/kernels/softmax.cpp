#include "softmax.hpp"

#include "softmax_lane.hpp"

namespace ebb::kernels {

namespace {

/// How far a mask moves per step along each axis of the array that it broadcasts to.
struct MaskStrides {
  const Shape& shape;  // of the array
  std::array<Index, Shape::max_rank> stride{};

  MaskStrides(const Shape& array, const Shape& mask) : shape(array) {
    Index step = 1;
    for (int axis = mask.rank() - 1; axis >= 0; --axis) {
      stride[to_size(axis + array.rank() - mask.rank())] = mask[axis] == 1 ? 0 : step;
      step *= mask[axis];
    }
  }

  /// Where the mask of this element of the array lies.
  Index offset(Index element) const {
    Index result = 0;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      result += element % shape[axis] * stride[to_size(axis)];
      element /= shape[axis];
    }
    return result;
  }
};

}  // namespace

template <class T>
void softmax(const Shape& shape, int axis, const T* x, T* y) {
  const Lanes lanes(shape, axis);
  lanes.for_each(
      [&](Index start, auto stride) { softmax_lane(lanes.extent, stride, x + start, all_allowed, y + start); });
}

template <class T>
void masked_softmax(const Shape& shape, int axis, const T* x, const Shape& mask_shape, const std::int32_t* mask, T* y) {
  const Lanes lanes(shape, axis);
  if (lanes.extent == 0) return;
  const MaskStrides strides(shape, mask_shape);
  const Index mask_stride = strides.stride[to_size(shape.normalized(axis))];
  lanes.for_each([&](Index start, auto stride) {
    const std::int32_t* lane_mask = mask + strides.offset(start);
    softmax_lane(
        lanes.extent, stride, x + start, [&](Index i) { return lane_mask[i * mask_stride] != 0; }, y + start);
  });
}

template <class T>
void softmax_derivative(const Shape& shape, int axis, const T* y, const T* dy, T* dx) {
  const Lanes lanes(shape, axis);
  const Index n = lanes.extent;
  lanes.for_each([&](Index start, auto stride) {
    const T *p = y + start, *dp = dy + start;
    const T dot = static_cast<T>(lane_sum(n, [&](Index i) { return p[i * stride] * dp[i * stride]; }));
    for (Index i = 0; i < n; ++i) dx[start + i * stride] = p[i * stride] * (dp[i * stride] - dot);
  });
}

template <class T>
void log_softmax(const Shape& shape, int axis, const T* x, T* y) {
  const Lanes lanes(shape, axis);
  const Index n = lanes.extent;
  lanes.for_each([&](Index start, auto stride) {
    const T* logits = x + start;
    const T largest = lane_max(n, stride, logits, all_allowed);
    const double sum = lane_sum(n, [&](Index i) { return std::exp(logits[i * stride] - largest); });
    const T log_sum = static_cast<T>(std::log(sum));
    for (Index i = 0; i < n; ++i) y[start + i * stride] = (logits[i * stride] - largest) - log_sum;
  });
}

template <class T>
void log_softmax_derivative(const Shape& shape, int axis, const T* y, const T* dy, T* dx) {
  const Lanes lanes(shape, axis);
  const Index n = lanes.extent;
  lanes.for_each([&](Index start, auto stride) {
    const T *log_p = y + start, *d = dy + start;
    const T sum = static_cast<T>(lane_sum(n, [&](Index i) { return d[i * stride]; }));
    for (Index i = 0; i < n; ++i) dx[start + i * stride] = d[i * stride] - std::exp(log_p[i * stride]) * sum;
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
