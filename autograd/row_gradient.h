#pragma once

#include <span>

#include "storage/array.hpp"

// The gradients of tables of which few rows were looked up: they cost what these rows cost.
namespace ebb {

/// Some rows (along the first axis) of an array that is 0 elsewhere: row j of `values` belongs to row numbers[j].
template <class T>
struct Rows {
  IntArray numbers;
  Array<T> values;

  /// The number of rows, of any rank of `numbers`.
  Index count() const { return numbers.size(); }
};

/// Returns true if so many rows, of an array of this shape, are few enough to be kept apart.
inline bool are_few(Index rows, const Shape& shape) { return rows <= shape[0] / 4; }

/// The sum of some rows of an array of this shape, each number once and in ascending order.
template <class T>
Rows<T> sum_of_rows(const Shape& shape, std::span<const Rows<T>> parts);

/// Adds the rows where they belong in an array of this shape.
template <class T>
void spread_rows(const Shape& shape, const Rows<T>& rows, T* to);

/// The array that the rows stand for.
template <class T>
Array<T> whole_of(const Shape& shape, std::span<const Rows<T>> parts);

}  // namespace ebb
