#pragma once

#include <array>

#include "../../autograd/shape.hpp"

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

  /// Calls `row(count, offsets)` for each innermost loop: how many steps went before it, and where it starts in each
  /// operand.
  template <class Row>
  void for_each_row(Row row) const {
    for (int axis = 0; axis < rank; ++axis)
      if (extent[to_size(axis)] == 0) return;
    std::array<Index, Shape::max_rank> at{};
    std::array<Index, N> offset{};
    for (Index count = 0;; count += inner_extent()) {
      row(count, offset);
      int axis = rank - 2;
      for (; axis >= 0; --axis) {
        const std::size_t a = to_size(axis);
        for (std::size_t k = 0; k < N; ++k) offset[k] += stride[a][k];
        if (++at[a] < extent[a]) break;
        at[a] = 0;
        for (std::size_t k = 0; k < N; ++k) offset[k] -= stride[a][k] * extent[a];
      }
      if (axis < 0) return;
    }
  }
};

/// The loops over a row-major result and N operands that broadcast to it. A row's count is where it starts in the
/// result.
template <std::size_t N>
struct BroadcastLoops : StridedLoops<N> {
  BroadcastLoops(const Shape& result, const std::array<Shape, N>& operands) {
    std::array<std::array<Index, N>, Shape::max_rank> full{};
    for (std::size_t k = 0; k < N; ++k) {
      const Shape& shape = operands[k];
      Index step = 1;
      for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        full[to_size(axis + result.rank() - shape.rank())][k] = shape[axis] == 1 ? 0 : step;
        step *= shape[axis];
      }
    }
    for (int axis = 0; axis < result.rank(); ++axis) this->push(result[axis], full[to_size(axis)]);
  }
};

/// y = f(a, b), element by element, for operands that broadcast to `result`.
template <class A, class B, class Y, class F>
void broadcast(const Shape& result, const Shape& a_shape, const A* a, const Shape& b_shape, const B* b, Y* y, F f) {
  const BroadcastLoops<2> loops(result, {a_shape, b_shape});
  const Index n = loops.inner_extent(), a_step = loops.inner_stride()[0], b_step = loops.inner_stride()[1];
  // The usual steps are written out, so that the compiler can vectorise them.
  if (a_step == 1 && b_step == 1)
    loops.for_each_row([&](Index to, const auto& from) {
      for (Index i = 0; i < n; ++i) y[to + i] = f(a[from[0] + i], b[from[1] + i]);
    });
  else if (a_step == 1 && b_step == 0)
    loops.for_each_row([&](Index to, const auto& from) {
      const B fixed = b[from[1]];
      for (Index i = 0; i < n; ++i) y[to + i] = f(a[from[0] + i], fixed);
    });
  else if (a_step == 0 && b_step == 1)
    loops.for_each_row([&](Index to, const auto& from) {
      const A fixed = a[from[0]];
      for (Index i = 0; i < n; ++i) y[to + i] = f(fixed, b[from[1] + i]);
    });
  else
    loops.for_each_row([&](Index to, const auto& from) {
      for (Index i = 0; i < n; ++i) y[to + i] = f(a[from[0] + i * a_step], b[from[1] + i * b_step]);
    });
}

}  // namespace ebb::kernels
