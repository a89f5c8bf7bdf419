#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

TEST_CASE("sign, floor, ceil and round of known values") {
  const Tensor<double> x({7}, {-2.5, -1.5, -0.25, 0, 0.5, 1.5, 2.75});
  CHECK(sign(x).to_vector() == Numbers{-1, -1, -1, 0, 1, 1, 1});
  CHECK(floor(x).to_vector() == Numbers{-3, -2, -1, 0, 0, 1, 2});
  CHECK(ceil(x).to_vector() == Numbers{-2, -1, 0, 0, 1, 2, 3});
  CHECK(round(x).to_vector() == Numbers{-2, -2, 0, 0, 0, 2, 3});  // of two, the even one
}

TEST_CASE("rounding leaves infinities as they are, and passes NaN on") {
  const Tensor<float> x({3}, {INFINITY, -INFINITY, NAN});
  for (const auto& y : {floor(x), ceil(x), round(x)}) {
    CHECK(y.at({0}) == INFINITY);
    CHECK(y.at({1}) == -INFINITY);
    CHECK(std::isnan(y.at({2})));
  }
  CHECK(sign(x).at({1}) == -1);
  CHECK(std::isnan(sign(x).at({2})));
}

TEST_CASE("steps stand on the tape, and their derivative is 0, at a step too") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2}, {1, 2.25}));
  for (const auto& y : {sign(x), floor(x), ceil(x), round(x)}) {
    CHECK(y.tracked());
    CHECK(ebb::grad(y, x, {.cotangent = ebb::ones<double>({2})}).to_vector() == Numbers{0, 0});
  }
  const auto through = ebb::grad(sum(square(x) + floor(x)), x);
  CHECK(through.to_vector() == Numbers{2, 4.5});
}

TEST_CASE("derivatives of sign, floor, ceil and round between their steps") {
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    const Values inputs{floor(sample(shape)) + ebb::uniform<double>(shape, ebb::Key{2}, 0.1, 0.4)};
    check_gradients([](const Values& x) { return sign(x[0]) * x[0]; }, inputs);
    check_gradients([](const Values& x) { return floor(x[0]) * x[0]; }, inputs);
    check_gradients([](const Values& x) { return ceil(x[0]) * x[0]; }, inputs);
    check_gradients([](const Values& x) { return round(x[0]) * x[0]; }, inputs);
  }
}
