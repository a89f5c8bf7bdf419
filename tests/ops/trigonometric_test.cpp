#include <cmath>
#include <limits>
#include <numbers>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("sin, cos, tanh and erf of known values") {
  const Tensor<double> x({3}, {0, 1, -1});
  CHECK(sin(x).at({1}) == close_to(0.8414709848078965));
  CHECK(cos(x).at({2}) == close_to(0.5403023058681398));
  CHECK(tanh(x).at({1}) == close_to(0.7615941559557649));
  CHECK(erf(x).at({2}) == close_to(-0.8427007929497149));
  CHECK(erf(x).at({0}) == 0);
  CHECK(sin(ebb::full<float>({}, std::numbers::pi / 6)).item() == Approx(0.5));
}

TEST_CASE("tanh and erf saturate, and pass NaN on") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  const Tensor<double> x({3}, {1000, -inf, std::nan("")});
  CHECK(tanh(x).at({0}) == 1);
  CHECK(tanh(x).at({1}) == -1);
  CHECK(erf(x).at({0}) == 1);
  CHECK(erf(x).at({1}) == -1);
  CHECK(std::isnan(tanh(x).at({2})));
  CHECK(std::isnan(erf(x).at({2})));
  CHECK(slope_at<double>([](const auto& y) { return tanh(y); }, 1000) == 0);
  CHECK(slope_at<double>([](const auto& y) { return erf(y); }, -1000) == 0);
}

TEST_CASE("derivatives of sin, cos, tanh and erf") {
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    const Values inputs{sample(shape)};
    check_gradients([](const Values& x) { return sin(x[0]); }, inputs);
    check_gradients([](const Values& x) { return cos(x[0]); }, inputs);
    check_gradients([](const Values& x) { return tanh(x[0]); }, inputs);
    check_gradients([](const Values& x) { return erf(x[0]); }, inputs);
  }
}
