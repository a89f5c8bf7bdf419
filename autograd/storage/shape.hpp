#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>

#include "../base/visibility.hpp"

namespace ebb EBB_PUBLIC {

using Index = std::int64_t;

/// An index, known not to be negative, as the standard containers take it.
constexpr std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

/// An integer of any type but bool, so that `{v.size(), 3}` makes a shape.
struct Extent {
  template <std::integral I>
  requires(!std::same_as<I, bool>) constexpr Extent(I extent) : value(static_cast<Index>(extent)) {}
  Index value;
};

/// Up to eight integers, held in place: the extents of an array, one per axis. A rank-0 shape has one element.
/// Extents fit 31 bits; what does not throws Error, as does a ninth axis.
class Shape {
 public:
  static constexpr int max_rank = 8;

  constexpr Shape() = default;
  Shape(std::initializer_list<Extent> extents) {
    for (Extent extent : extents) push_back(extent.value);
  }
  explicit Shape(std::span<const Index> extents);
  /// One axis: `zeros(5)`, `sum(x, -1)`.
  template <std::integral I>
  requires(!std::same_as<I, bool>) Shape(I extent) { push_back(static_cast<Index>(extent)); }

  int rank() const { return rank_; }
  /// The extent of an axis; a negative axis counts from the end. Throws Error for an axis that is not there.
  Index extent(int axis) const { return extents_[to_size(normalized(axis))]; }
  /// Like `extent`, unchecked and for non-negative axes only.
  Index operator[](int axis) const { return extents_[to_size(axis)]; }
  /// The product of the extents. Throws Error if it does not fit 63 bits.
  Index size() const;
  /// `axis` if it is not negative, else `axis + rank()`. Throws Error for an axis that is not there.
  int normalized(int axis) const;

  Shape with(int axis, Index extent) const;
  Shape without(int axis) const;
  Shape inserted(int axis, Index extent) const;
  void push_back(Index extent);

  const std::int32_t* begin() const { return extents_.data(); }
  const std::int32_t* end() const { return extents_.data() + rank_; }

  bool operator==(const Shape& other) const = default;

 private:
  std::array<std::int32_t, max_rank> extents_{};  // 0 beyond the last axis
  std::int32_t rank_ = 0;
};

/// A shape's container with axes in it (negative ones count from the end), or other small integers.
using Axes = Shape;

/// "[2, 3]"
std::string to_string(const Shape& shape);
std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace ebb
