#include "axes.h"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"

namespace ebb {

std::bitset<Shape::max_rank> named_axes(const Shape& x, const Axes& axes) {
  std::bitset<Shape::max_rank> named;
  for (int axis : axes) {
    const std::size_t bit = to_size(x.normalized(axis));
    if (named[bit])
      throw Error(fmt::format("the axes {} name axis {} of {} twice", to_string(axes), bit, to_string(x)));
    named.set(bit);
  }
  return named;
}

Shape without_axes(const Shape& x, const Axes& axes) {
  const auto named = named_axes(x, axes);
  Shape shape;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (!named[to_size(axis)]) shape.push_back(x[axis]);
  return shape;
}

Shape kept_shape(const Shape& x, const Axes& axes) {
  const auto reduced = named_axes(x, axes);
  Shape kept = x;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (reduced[to_size(axis)]) kept = kept.with(axis, 1);
  return kept;
}

Axes all_axes(const Shape& x) {
  Axes axes;
  for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
  return axes;
}

Axes order_with_last(const Shape& x, const Axes& axes) {
  const auto named = named_axes(x, axes);
  Axes order;
  for (const bool last : {false, true})
    for (int axis = 0; axis < x.rank(); ++axis)
      if (named[to_size(axis)] == last) order.push_back(axis);
  return order;
}

Axes inverse_order(const Axes& order) {
  Axes inverse = order;
  for (int axis = 0; axis < order.rank(); ++axis) inverse = inverse.with(static_cast<int>(order[axis]), axis);
  return inverse;
}

std::string position_text(const Shape& shape, Index element) {
  Shape indices = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    indices = indices.with(axis, element % shape[axis]);
    element /= shape[axis];
  }
  return to_string(indices);
}

}  // namespace ebb
