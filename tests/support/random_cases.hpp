#pragma once

#include <ebb/ebb.hpp>
#include <utility>
#include <vector>

namespace ebb_test {

/// Random test cases, the same in every run: shapes, axes, orders, values.
class RandomCases {
 public:
  explicit RandomCases(std::uint64_t seed) : keys_(seed) {}

  /// An integer in [low, high].
  int integer(int low, int high) { return ebb::uniform_integers(ebb::Shape{}, keys_.next(), low, high + 1).item(); }
  /// Up to `most_axes` axes with extents from 0 (now and then) to 4.
  ebb::Shape shape(int least_axes, int most_axes) {
    ebb::Shape shape;
    for (int axis = integer(least_axes, most_axes); axis > 0; --axis)
      shape.push_back(integer(0, 15) == 0 ? 0 : integer(1, 4));
    return shape;
  }
  /// All axes of a shape, in a random order, some of them counted from the end.
  ebb::Axes order_of_axes(const ebb::Shape& shape) {
    std::vector<ebb::Index> order;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      order.push_back(integer(0, 1) == 0 ? axis : axis - shape.rank());
      std::swap(order.back(), order[static_cast<std::size_t>(integer(0, axis))]);
    }
    return ebb::Axes(order);
  }
  ebb::Tensor<double> values(const ebb::Shape& shape, double low = -2, double high = 2) {
    return ebb::uniform<double>(shape, keys_.next(), low, high);
  }
  ebb::IntArray indices(const ebb::Shape& shape, ebb::Index extent) {
    return ebb::uniform_integers(shape, keys_.next(), 0, static_cast<std::int32_t>(extent));
  }

 private:
  ebb::Generator keys_;
};

using Indices = std::vector<ebb::Index>;

/// Calls `f` with the indices of every element of a shape, in row-major order: the loop to hold fast ones against.
template <class F>
void for_each_index(const ebb::Shape& shape, F f) {
  for (ebb::Index i = 0; i < shape.size(); ++i) {
    Indices at(static_cast<std::size_t>(shape.rank()));
    ebb::Index rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      at[static_cast<std::size_t>(axis)] = rest % shape[axis];
      rest /= shape[axis];
    }
    f(at);
  }
}

/// The element at these indices.
template <class T>
T element(const ebb::Array<T>& x, const Indices& at) {
  return x.at(std::span<const ebb::Index>(at));
}
template <class T>
T element(const ebb::Tensor<T>& x, const Indices& at) {
  return element(x.value(), at);
}

}  // namespace ebb_test
