#include <limits>

#include "support/check.hpp"

using namespace ebb_test;

TEST_CASE("a shape holds up to eight extents, and knows their product") {
  CHECK(Shape{}.rank() == 0);
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{2, 3, 4}.size() == 24);
  CHECK(Shape{2, 0, 4}.size() == 0);
  CHECK(Shape(5) == Shape{5});
  CHECK(Shape{2, 3} != Shape{2, 3, 1});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(to_string(Shape{2, 3}) == "[2, 3]");
  CHECK(to_string(Shape{}) == "[]");
  CHECK(Shape{1, 1, 1, 1, 1, 1, 1, 8}.size() == 8);
  CHECK_ERROR((Shape{1, 2, 3, 4, 5, 6, 7, 8, 9}), "at most 8 axes");
}

TEST_CASE("axes count from either end") {
  const Shape shape{2, 3, 4};
  CHECK(shape.extent(0) == 2);
  CHECK(shape.extent(-1) == 4);
  CHECK(shape.normalized(-3) == 0);
  CHECK_ERROR(shape.extent(3), "no axis 3 in shape [2, 3, 4] (rank 3)");
  CHECK_ERROR(shape.extent(-4), "no axis -4");
}

TEST_CASE("axes are changed, dropped and put in") {
  const Shape shape{2, 3, 4};
  CHECK(shape.with(-1, 7) == Shape{2, 3, 7});
  CHECK(shape.without(1) == Shape{2, 4});
  CHECK(shape.inserted(0, 9) == Shape{9, 2, 3, 4});
  CHECK(shape.inserted(-1, 9) == Shape{2, 3, 4, 9});
  CHECK_ERROR(shape.inserted(4, 9), "no place for an axis at 4");
}

TEST_CASE("extents and products that do not fit are refused") {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();
  CHECK(Shape{most, most}.size() == most * most);
  CHECK_ERROR(Shape{most + 1}, "does not fit 31 bits");
  CHECK_ERROR((Shape{most, most, most}.size()), "more elements than can be counted");
  CHECK_ERROR((Shape{1 << 30, 1 << 30, 16}.size()), "more elements");  // 2^64
  CHECK(Shape{most, most, most, 0}.size() == 0);
}
