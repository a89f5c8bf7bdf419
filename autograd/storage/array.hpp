#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "../base/visibility.hpp"
#include "buffer.hpp"
#include "shape.hpp"

namespace ebb EBB_PUBLIC {

/// Dense row-major storage: a shape and one 64-byte-aligned buffer, which copies share. No strides, no tape, no
/// gradient. The one rule for memory: a buffer is written only by its sole owner; anyone else copies first.
template <class T>
class [[nodiscard]] Array {
 public:
  /// Undefined: no shape, no values.
  Array() = default;
  /// Of an IntArray, a vector of these values: `gather(x, {3, 7}, 0)`.
  template <std::same_as<T> Integer>
  requires std::integral<T> Array(std::initializer_list<Integer> values) : Array(Shape(values.size()), values) {}
  /// Of an IntArray, the rows of a matrix: `IntArray{{1, 2}, {3, 4}}`. Throws Error unless all are of one length.
  template <std::same_as<T> Integer>
  requires std::integral<T> Array(std::initializer_list<std::initializer_list<Integer>> rows) : Array(of_rows(rows)) {}
  /// A matrix of these rows, for any T.
  static Array of_rows(std::initializer_list<std::initializer_list<T>> rows);
  /// Values not yet written (NaN in debug builds). Throws Error for a negative extent, and for more than memory holds.
  explicit Array(const Shape& shape);
  explicit Array(const Shape& shape, T fill);
  /// The values in row-major order. Throws Error unless there are exactly as many as the shape holds.
  Array(const Shape& shape, std::span<const T> values);
  Array(const Shape& shape, std::initializer_list<T> values)
      : Array(shape, std::span<const T>(values.begin(), values.size())) {}

  bool defined() const { return buffer_.defined(); }
  const Shape& shape() const& { return shape_; }
  Shape shape() && { return shape_; }
  int rank() const { return shape_.rank(); }
  Index extent(int axis) const { return shape_.extent(axis); }
  /// The number of values; 0 if undefined.
  Index size() const { return defined() ? shape_.size() : 0; }

  const T* data() const& { return reinterpret_cast<const T*>(buffer_.data()); }
  const T* data() && = delete;  // the values go with this array: give it a name first, auto y = f(x), then y.data()
  /// For writing: makes the buffer this array's own first, by a copy if it is shared. Throws Error if undefined.
  T* mutable_data();
  std::span<const T> values() const& { return {data(), static_cast<std::size_t>(size())}; }
  std::span<const T> values() && = delete;  // they go with this array: give it a name first, or take to_vector()

  /// Returns an array of another shape that shares this buffer. Throws Error if the sizes differ or an extent is
  /// negative.
  Array reshaped(const Shape& shape) const;
  bool shares_buffer_with(const Array& other) const { return buffer_.shares_with(other.buffer_); }
  bool sole_owner() const { return buffer_.sole_owner(); }

  /// The only element. Throws Error if there is not exactly one.
  T item() const;
  /// The element at these indices, one per axis, negative ones from the end. Throws Error out of range.
  T at(std::span<const Index> indices) const;
  T at(std::initializer_list<Index> indices) const {
    return at(std::span<const Index>(indices.begin(), indices.size()));
  }
  std::vector<T> to_vector() const { return {data(), data() + size()}; }

 private:
  Shape shape_;
  Buffer buffer_;
};

/// Token ids, labels, indices, and masks (0 or 1; comparisons return them). Never differentiable.
using IntArray = Array<std::int32_t>;

/// "IntArray[3] {2, 0, 1}", at most `most` elements.
template <class T>
std::string to_string(const Array<T>& x, Index most = 24);
template <class T>
std::ostream& operator<<(std::ostream& out, const Array<T>& x);

extern template class Array<float>;
extern template class Array<double>;
extern template class Array<std::int32_t>;

}  // namespace ebb
