#include "softmax.h"

#include <algorithm>
#include <array>

#include "../storage/array.hpp"
#include "broadcast_loops.h"
#include "fibres.h"

namespace ebb::kernels {

namespace {

/// Some neighbouring fibres that are not dense, to be copied to the rows of a dense array and back.
class FibreBlock {
 public:
  static constexpr Index most = 16;

  FibreBlock(const Fibres& fibres, Index first, Index count) : fibres_(fibres), count_(count) {
    for (Index f = 0; f < count; ++f) start_[to_size(f)] = fibres.start(first + f);
  }

  /// Copies the fibres of x to `rows`, moves `rows` past them, and returns where they begin.
  template <class T>
  const T* pack(const T* x, T*& rows) const {
    T* const begin = rows;
    for_each_element([=](Index in_rows, Index in_array) { begin[in_rows] = x[in_array]; });
    rows += count_ * fibres_.extent;
    return begin;
  }

  /// Copies rows to the fibres of y.
  template <class T>
  void unpack(const T* rows, T* y) const {
    for_each_element([=](Index in_rows, Index in_array) { y[in_array] = rows[in_rows]; });
  }

 private:
  /// Calls copy(place in the rows, place in the array) for each element. It goes in squares, so that elements that
  /// share a cache line follow each other closely, whether the line runs along the fibres or across them.
  template <class Copy>
  void for_each_element(Copy copy) const {
    const Index n = fibres_.extent;
    for (Index corner = 0; corner < n; corner += most)
      for (Index f = 0; f < count_; ++f)
        for (Index i = corner; i < std::min(n, corner + most); ++i)
          copy(f * n + i, start_[to_size(f)] + i * fibres_.stride);
  }

  const Fibres& fibres_;
  Index count_;
  std::array<Index, most> start_;
};

/// The tiles in which threads share fibres: dense ones are rows, others go by blocks that are packed.
Tiles fibre_tiles(const Fibres& fibres) {
  return fibres.stride == 1 ? row_tiles(fibres.count, fibres.extent) : Tiles{fibres.count, FibreBlock::most};
}

/// A kernel for rows, at fibres that are not dense.
template <class T, class... X>
void packed_fibres(Index first, Index count, const Fibres& fibres, void (*kernel)(Index, Index, T*, const X*...), T* y,
                   const X*... x) {
  const FibreBlock block(fibres, first, count);
  Array<T> packed(Shape{static_cast<Index>(sizeof...(X)), count, fibres.extent});
  T* const result = packed.mutable_data();  // takes the place of the first operand
  T* rows = result;
  const std::array<const T*, sizeof...(X)> from{block.pack(x, rows)...};
  if constexpr (sizeof...(X) == 1)
    kernel(count, fibres.extent, result, from[0]);
  else
    kernel(count, fibres.extent, result, from[0], from[1]);
  block.unpack(result, y);
}

template <class T>
struct MaskedSoftmax {
  Fibres fibres;
  BroadcastStrides strides;  // of the mask
  Index stride;              // of the mask along the fibres
  T* y;
  const T* x;
  const std::int32_t* mask;
};

template <class T>
void masked_fibres(Index first, Index count, const MaskedSoftmax<T>& task) {
  const Index n = task.fibres.extent;
  const bool dense = task.fibres.stride == 1;
  const FibreBlock block(task.fibres, first, dense ? 0 : count);
  Array<T> packed(Shape{dense ? 0 : count, n});
  T* rows = packed.mutable_data();
  T* const to = dense ? task.y + first * n : rows;
  const T* const from = dense ? task.x + first * n : block.pack(task.x, rows);
  IntArray packed_mask(Shape(task.stride == 1 ? 0 : n));
  for (Index f = 0; f < count; ++f) {
    const std::int32_t* mask = task.mask + task.strides.offset(task.fibres.start(first + f));
    if (task.stride != 1) {
      std::int32_t* const dense_mask = packed_mask.mutable_data();
      for (Index i = 0; i < n; ++i) dense_mask[i] = mask[i * task.stride];
      mask = dense_mask;
    }
    chosen<SoftmaxKernels<T>>().masked_softmax(n, to + f * n, from + f * n, mask);
  }
  if (!dense) block.unpack(to, task.y);
}

}  // namespace

template <class T, class... X>
void along_axis(void (*kernel)(Index, Index, T*, const X*...), const Shape& shape, int axis, T* y, const X*... x) {
  const Fibres fibres(shape, axis);
  const Tiles tiles = fibre_tiles(fibres);
  if (fibres.stride == 1)
    parallel_for(tiles.count(), fibres.size(), kernel, tiles.sizes(), fibres.extent, tiles.of(y, fibres.extent),
                 tiles.of(x, fibres.extent)...);
  else
    parallel_for(tiles.count(), fibres.size(), packed_fibres<T, X...>, tiles.starts(), tiles.sizes(), fibres, kernel, y,
                 x...);
}

template <class T>
void masked_softmax(const Shape& shape, int axis, T* y, const T* x, const Shape& mask_shape, const std::int32_t* mask) {
  const Fibres fibres(shape, axis);
  if (fibres.extent == 0) return;
  const BroadcastStrides strides(shape, mask_shape);
  const Tiles tiles = fibre_tiles(fibres);
  parallel_for(tiles.count(), fibres.size(), masked_fibres<T>, tiles.starts(), tiles.sizes(),
               MaskedSoftmax<T>{fibres, strides, strides[axis], y, x, mask});
}

#define EBB_INSTANTIATE(T)                                                                                             \
  template void along_axis(void (*)(Index, Index, T*, const T*), const Shape&, int, T*, const T*);                     \
  template void along_axis(void (*)(Index, Index, T*, const T*, const T*), const Shape&, int, T*, const T*, const T*); \
  template void masked_softmax(const Shape&, int, T*, const T*, const Shape&, const std::int32_t*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
