#include "array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>

#include "../base/error.hpp"

namespace ebb EBB_PUBLIC {

namespace {

void check_extents(const Shape& shape) {
  for (Index extent : shape)
    if (extent < 0)
      throw Error(fmt::format("an array cannot have the shape {}: an extent is negative", to_string(shape)));
}

}  // namespace

template <class T>
Array<T>::Array(const Shape& shape) : shape_(shape) {
  check_extents(shape);
  const std::size_t count = to_size(shape.size());
  try {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    buffer_ = Buffer(count * sizeof(T));
  } catch (const std::bad_alloc&) {
    throw Error(fmt::format("there is no memory for an array of shape {}: {} values of {} bytes", to_string(shape),
                            count, sizeof(T)));
  }
}

template <class T>
Array<T>::Array(const Shape& shape, T fill) : Array(shape) {
  std::fill_n(mutable_data(), size(), fill);
}

template <class T>
Array<T>::Array(const Shape& shape, std::span<const T> values) : Array(shape) {
  if (static_cast<Index>(values.size()) != size())
    throw Error(fmt::format("shape {} holds {} values, but {} were given", to_string(shape), size(), values.size()));
  std::copy(values.begin(), values.end(), mutable_data());
}

template <class T>
Array<T> Array<T>::of_rows(std::initializer_list<std::initializer_list<T>> rows) {
  const std::size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
  std::vector<T> values;
  for (const auto& row : rows) {
    if (row.size() != columns)
      throw Error(
          fmt::format("the rows of a matrix in braces are of one length, but have {} and {} values; a shape and its "
                      "values stand in parentheses: ({{2, 3}}, {{1, 2, 3, 4, 5, 6}})",
                      columns, row.size()));
    values.insert(values.end(), row);
  }
  return Array({rows.size(), columns}, values);
}

template <class T>
T* Array<T>::mutable_data() {
  if (!defined()) throw Error("an undefined array cannot be written to");
  if (!buffer_.sole_owner()) {
    Array copy(shape_);
    std::copy_n(data(), size(), copy.mutable_data());
    *this = std::move(copy);
  }
  return reinterpret_cast<T*>(buffer_.data());
}

template <class T>
Array<T> Array<T>::reshaped(const Shape& shape) const {
  check_extents(shape);
  if (shape.size() != size())
    throw Error(fmt::format("cannot view {} ({} values) as {} ({} values)", to_string(shape_), size(), to_string(shape),
                            shape.size()));
  Array result = *this;
  result.shape_ = shape;
  return result;
}

template <class T>
T Array<T>::item() const {
  if (!defined()) throw Error("item() of an undefined array or tensor");
  if (size() != 1) throw Error(fmt::format("item() needs exactly one element, but the shape is {}", to_string(shape_)));
  return data()[0];
}

template <class T>
T Array<T>::at(std::span<const Index> indices) const {
  if (!defined()) throw Error("at() of an undefined array or tensor");
  if (static_cast<int>(indices.size()) != rank())
    throw Error(fmt::format("at() got {} indices for shape {}", indices.size(), to_string(shape_)));
  Index offset = 0;
  for (int axis = 0; axis < rank(); ++axis) {
    const Index extent = shape_[axis], given = indices[static_cast<std::size_t>(axis)];
    const Index index = given < 0 ? given + extent : given;
    if (index < 0 || index >= extent)
      throw Error(fmt::format("index {} is outside axis {} of shape {}", given, axis, to_string(shape_)));
    offset = offset * extent + index;
  }
  return data()[offset];
}

template class Array<float>;
template class Array<double>;
template class Array<std::int32_t>;

}  // namespace ebb
