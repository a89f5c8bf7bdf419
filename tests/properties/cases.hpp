#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <numeric>

// Properties hold for every input; rapidcheck looks for one for which they do not, and shrinks it. All runs draw the
// same cases. RC_PARAMS="seed=7 max_success=1000" in the environment draws others, and more of them; a failure prints
// the RC_PARAMS that repeat it.
#include <rapidcheck.h>

#include "support/check.hpp"
#include "support/random_cases.hpp"

namespace ebb {

/// Tells rapidcheck how to print the shape of a counterexample.
inline void showValue(const Shape& shape, std::ostream& out) { out << to_string(shape); }

}  // namespace ebb

namespace ebb_test {

using T = ebb::Tensor<double>;

/// Checks a property: a function that draws what it needs (`*shapes(1, 3)`) and asserts with RC_ASSERT.
inline void check_property(const std::function<void()>& property) {
  setenv("RC_PARAMS", "seed=1", 0);
  rc::detail::TestMetadata test;
  test.id = test.description = doctest::getContextOptions()->currentTest->m_name;
  const auto result = rc::detail::checkTestable(property, test);
  const bool holds = result.is<rc::detail::SuccessResult>();
  if (!holds) rc::detail::printResultMessage(result, std::cerr);
  CHECK(holds);
}

/// An integer in [low, high].
inline rc::Gen<int> integers(int low, int high) { return rc::gen::inRange(low, high + 1); }

/// A number in [low, high].
inline rc::Gen<double> numbers(double low, double high) {
  return rc::gen::map(integers(0, 1 << 20), [=](int i) { return low + (high - low) * i / (1 << 20); });
}

/// From `least` to `most` axes, with extents from `smallest` to 4.
inline rc::Gen<ebb::Shape> shapes(int least, int most, int smallest = 1) {
  return rc::gen::mapcat(integers(least, most), [=](int rank) {
    return rc::gen::map(rc::gen::container<std::vector<ebb::Index>>(
                            static_cast<std::size_t>(rank),
                            rc::gen::map(integers(smallest, 4), [](int extent) { return ebb::Index{extent}; })),
                        [](const std::vector<ebb::Index>& extents) { return ebb::Shape(extents); });
  });
}

/// A shape that broadcasts to this one: some extents 1, some axes in front left out.
inline rc::Gen<ebb::Shape> broadcasting_to(const ebb::Shape& shape) {
  return rc::gen::map(rc::gen::pair(integers(0, shape.rank()), integers(0, (1 << shape.rank()) - 1)),
                      [=](std::pair<int, int> drawn) {
                        ebb::Shape result;
                        for (int axis = drawn.first; axis < shape.rank(); ++axis)
                          result.push_back((drawn.second >> axis & 1) != 0 ? shape[axis] : 1);
                        return result;
                      });
}

/// Elements in [low, high): what is drawn, and shrunk, is the key alone.
inline rc::Gen<T> tensors(const ebb::Shape& shape, double low = -1, double high = 1) {
  return rc::gen::map(integers(0, 1 << 30), [=](int seed) {
    return ebb::uniform<double>(shape, ebb::Key{static_cast<std::uint64_t>(seed)}, low, high);
  });
}

/// The integers from 0 to count - 1 in some order.
inline rc::Gen<std::vector<std::int32_t>> orders(ebb::Index count) {
  return rc::gen::map(rc::gen::container<std::vector<int>>(ebb::to_size(count), integers(0, 1 << 20)),
                      [](const std::vector<int>& ranks) {
                        std::vector<std::int32_t> order(ranks.size());
                        std::iota(order.begin(), order.end(), 0);
                        std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
                          return ranks[ebb::to_size(a)] < ranks[ebb::to_size(b)];
                        });
                        return order;
                      });
}

/// Returns true if two tensors have one shape, and elements that differ by at most `tolerance`, next to numbers beyond
/// 1 by that share of the largest.
inline bool close(const T& a, const T& b, double tolerance) {
  if (a.shape() != b.shape()) return false;
  double size = 1, difference = 0;
  for (ebb::Index i = 0; i < a.size(); ++i) {
    size = std::max(size, std::abs(a.data()[i]));
    difference = std::max(difference, std::abs(a.data()[i] - b.data()[i]));
  }
  return difference <= tolerance * size;
}

}  // namespace ebb_test
