#pragma once

#include <algorithm>
#include <array>

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// Nested loops over N operands, with the distance that each operand moves per step of each loop. Neighbouring loops
/// that every operand passes through as if they were one are merged, so that the innermost loop, a row, is long.
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

  /// The number of steps that all of the loops make together.
  Index size() const {
    Index n = 1;
    for (int axis = 0; axis < rank; ++axis) n *= extent[to_size(axis)];
    return n;
  }
};

/// Goes through the rows of nested loops, or through the parts of them that lie between the steps `first` and `last`:
/// `for (RowCursor row(loops, first, last); !row.done(); row.next())`.
template <std::size_t N>
class RowCursor {
 public:
  RowCursor(const StridedLoops<N>& loops, Index first, Index last)
      : loops_(loops), inner_(to_size(loops.rank - 1)), last_(last), before_(first) {
    if (done()) return;
    Index rest = first;
    for (std::size_t axis = inner_; rest > 0; --axis) {
      move(axis, rest % loops_.extent[axis]);
      rest /= loops_.extent[axis];
    }
    n_ = std::min(loops_.extent[inner_] - index_[inner_], last_ - before_);
  }
  explicit RowCursor(const StridedLoops<N>& loops) : RowCursor(loops, 0, loops.size()) {}

  bool done() const { return before_ >= last_; }
  void next() {
    before_ += n_;
    if (done()) return;
    if (index_[inner_] != 0) move(inner_, -index_[inner_]);  // the first row may have begun in its midst
    for (std::size_t axis = inner_ - 1;; --axis) {
      move(axis, 1);
      if (index_[axis] < loops_.extent[axis]) break;
      move(axis, -loops_.extent[axis]);
    }
    n_ = std::min(loops_.extent[inner_], last_ - before_);
  }

  /// The number of steps before this row.
  Index before() const { return before_; }
  /// The number of steps of this row.
  Index size() const { return n_; }
  /// The place in each operand where this row starts.
  const std::array<Index, N>& offset() const { return offset_; }

 private:
  void move(std::size_t axis, Index steps) {
    index_[axis] += steps;
    for (std::size_t k = 0; k < N; ++k) offset_[k] += steps * loops_.stride[axis][k];
  }

  const StridedLoops<N>& loops_;
  std::size_t inner_;
  Index last_, before_, n_ = 0;
  std::array<Index, Shape::max_rank> index_{};
  std::array<Index, N> offset_{};
};

/// The distance that a dense operand moves per step along each axis of the result that it broadcasts to.
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

  /// The place in the operand of the counterpart of an element of the result.
  Index offset(Index element) const {
    Index sum = 0;
    for (int axis = result.rank() - 1; element > 0; --axis) {
      sum += element % result[axis] * stride[to_size(axis)];
      element /= result[axis];
    }
    return sum;
  }
};

/// The loops over a row-major result and N operands that broadcast to it. The steps before a row are its place in the
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
