#include "shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <ostream>

#include "../base/error.hpp"

namespace ebb {

Shape::Shape(std::span<const Index> extents) {
  for (Index extent : extents) push_back(extent);
}

namespace {

std::int32_t checked(Index extent) {
  if (extent > std::numeric_limits<std::int32_t>::max() || extent < std::numeric_limits<std::int32_t>::min())
    throw Error(fmt::format("an extent of {} does not fit 31 bits", extent));
  return static_cast<std::int32_t>(extent);
}

}  // namespace

void Shape::push_back(Index extent) {
  if (rank_ == max_rank)
    throw Error(fmt::format("a shape has at most {} axes; {} already has as many", max_rank, to_string(*this)));
  extents_[static_cast<std::size_t>(rank_++)] = checked(extent);
}

Index Shape::size() const {
  Index product = 1;
  bool overflow = false;
  for (Index extent : *this) overflow |= __builtin_mul_overflow(product, extent, &product);
  if (!overflow) return product;
  if (std::find(begin(), end(), 0) != end()) return 0;
  throw Error(fmt::format("shape {} has more elements than can be counted", to_string(*this)));
}

int Shape::normalized(int axis) const {
  int at = axis < 0 ? axis + rank_ : axis;
  if (at < 0 || at >= rank_)
    throw Error(fmt::format("there is no axis {} in shape {} (rank {})", axis, to_string(*this), rank_));
  return at;
}

Shape Shape::with(int axis, Index extent) const {
  Shape result = *this;
  result.extents_[to_size(normalized(axis))] = checked(extent);
  return result;
}

Shape Shape::without(int axis) const {
  Shape result;
  const int dropped = normalized(axis);
  for (int i = 0; i < rank_; ++i)
    if (i != dropped) result.push_back((*this)[i]);
  return result;
}

Shape Shape::inserted(int axis, Index extent) const {
  const int at = axis < 0 ? axis + rank_ + 1 : axis;
  if (at < 0 || at > rank_) throw Error(fmt::format("no place for an axis at {} in shape {}", axis, to_string(*this)));
  Shape result;
  for (int i = 0; i < at; ++i) result.push_back((*this)[i]);
  result.push_back(extent);
  for (int i = at; i < rank_; ++i) result.push_back((*this)[i]);
  return result;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }

}  // namespace ebb
