#pragma once

#include <algorithm>
#include <array>

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// Nested loops over N operands: how far each moves per step of each loop. Neighbouring loops that every operand passes
/// through alike are merged, so the innermost one is as long as can be.
template <std::size_t N>
struct StridedLoops {
  int rank = 1;
  std::array<Index, Shape::max_rank> extent{1};
  std::array<std::array<Index, N>, Shape::max_rank> stride{};

  /// Puts a loop inside those there are.
  void push(Index n, const std::array<Index, N>& step) {
    if (n == 1) return;
    bool merges = true;
    for (std::size_t k = 0; k < N; ++k) merges = merges && inner_stride()[k] == step[k] * n;
    if (inner_extent() == 1)
      extent[0] = n;
    else if (merges)
      extent[to_size(rank - 1)] *= n;
    else
      extent[to_size(rank++)] = n;
    stride[to_size(rank - 1)] = step;
  }

  Index inner_extent() const { return extent[to_size(rank - 1)]; }
  const std::array<Index, N>& inner_stride() const { return stride[to_size(rank - 1)]; }

  /// How many steps all of the loops make together.
  Index size() const {
    Index n = 1;
    for (int axis = 0; axis < rank; ++axis) n *= extent[to_size(axis)];
    return n;
  }

  /// Calls `row(count, offsets, n)` for each innermost loop, or the n steps of it that lie between steps `first` and
  /// `last` of all: how many steps went before, and where they start in each operand.
  template <class Row>
  void for_each_row(Index first, Index last, Row row) const {
    if (first >= last) return;
    const std::size_t inner = to_size(rank - 1);
    std::array<Index, Shape::max_rank> at{};
    std::array<Index, N> offset{};
    const auto move = [&](std::size_t axis, Index steps) {
      at[axis] += steps;
      for (std::size_t k = 0; k < N; ++k) offset[k] += steps * stride[axis][k];
    };
    Index rest = first;
    for (std::size_t axis = inner; rest > 0; --axis) {
      move(axis, rest % extent[axis]);
      rest /= extent[axis];
    }
    for (Index count = first;;) {
      const Index n = std::min(extent[inner] - at[inner], last - count);
      row(count, offset, n);
      count += n;
      if (count >= last) return;
      std::size_t axis = inner;
      for (move(axis, n); at[axis] == extent[axis]; move(--axis, 1)) move(axis, -extent[axis]);
    }
  }
  /// The same for whole rows: `row(count, offsets)`.
  template <class Row>
  void for_each_row(Row row) const {
    for_each_row(0, size(), [&](Index count, const auto& offsets, Index) { row(count, offsets); });
  }
};

/// How far a dense operand moves per step along each axis of the result that it broadcasts to.
struct BroadcastStrides {
  const Shape& result;
  std::array<Index, Shape::max_rank> stride{};

  BroadcastStrides(const Shape& result_shape, const Shape& operand) : result(result_shape) {
    Index step = 1;
    for (int axis = operand.rank() - 1; axis >= 0; --axis) {
      stride[to_size(axis + result.rank() - operand.rank())] = operand[axis] == 1 ? 0 : step;
      step *= operand[axis];
    }
  }

  Index operator[](int axis) const { return stride[to_size(result.normalized(axis))]; }

  /// Where in the operand an element of the result has its counterpart.
  Index offset(Index element) const {
    Index sum = 0;
    for (int axis = result.rank() - 1; element > 0; --axis) {
      sum += element % result[axis] * stride[to_size(axis)];
      element /= result[axis];
    }
    return sum;
  }
};

/// The loops over a row-major result and N operands that broadcast to it. A row's count is where it starts in the
/// result.
template <std::size_t N>
struct BroadcastLoops : StridedLoops<N> {
  BroadcastLoops(const Shape& result, const std::array<Shape, N>& operands) {
    std::array<std::array<Index, N>, Shape::max_rank> full{};
    for (std::size_t k = 0; k < N; ++k) {
      const BroadcastStrides strides(result, operands[k]);
      for (std::size_t axis = 0; axis < full.size(); ++axis) full[axis][k] = strides.stride[axis];
    }
    for (int axis = 0; axis < result.rank(); ++axis) this->push(result[axis], full[to_size(axis)]);
  }
};

}  // namespace ebb::kernels
