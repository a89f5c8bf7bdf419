#include <cmath>
#include <ebb/ops/registry.hpp>
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

TEST_CASE("the derivative of tanh is an operation of its own, of known values and derivatives") {
  const ebb::Op<double>& op = ebb::find_op<double>("tanh_slope");
  const auto slope = [&](const Tensor<double>& x) { return apply(op, {&x}, {}, ebb::SourceLocation::current()); };
  check_values(slope(Tensor<double>({3}, {0, 1, -400})), {1, 0.41997434161402614, 0});
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    check_gradients([&](const Values& x) { return slope(x[0]); }, {sample(shape)});
  }
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({}, 0.5));
  (void)ebb::grad(tanh(x), x, {.create_graph = true});
  CHECK(tape.size() == 4);
  CHECK(tape[2].op == &op);  // between the value and the product with dy
}

TEST_CASE("the second derivative of tanh keeps its digits where tanh is nearly 1") {
  ebb::Tape<float> tape;
  const auto x = tape.watch(ebb::full<float>({}, 20));
  const auto first = ebb::grad(tanh(x), x, {.create_graph = true});
  const double slope = 4 * std::exp(-40.0);  // 1 - y^2, whose derivative is -2 y (1 - y^2)
  CHECK(first.item() / slope == Approx(1).epsilon(1e-6));
  CHECK(ebb::grad(first, x).item() / slope == Approx(-2).epsilon(1e-6));
}
