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

TEST_CASE("tan, the inverse functions, sinh and cosh of known values") {
  const double pi = std::numbers::pi;
  const Tensor<double> x({3}, {0, 0.5, -1});
  CHECK(tan(x).at({2}) == close_to(-1.5574077246549023));
  CHECK(asin(x).at({1}) == close_to(pi / 6));
  CHECK(asin(x).at({2}) == close_to(-pi / 2));
  CHECK(acos(x).at({1}) == close_to(pi / 3));
  CHECK(acos(x).at({2}) == close_to(pi));
  CHECK(atan(x).at({2}) == close_to(-pi / 4));
  CHECK(sinh(x).at({1}) == close_to(0.5210953054937474));
  CHECK(cosh(x).at({2}) == close_to(1.5430806348152437));
  CHECK(std::isnan(asin(ebb::full<double>({}, 1.5)).item()));
  CHECK(std::isnan(acos(ebb::full<double>({}, -1.5)).item()));
}

TEST_CASE("atan2 gives the angle in all quadrants, and broadcasts") {
  const double pi = std::numbers::pi;
  const Tensor<double> y({2, 1}, {1, -1}), x({2}, {1, -1});
  check_values(atan2(y, x), {pi / 4, 3 * pi / 4, -pi / 4, -3 * pi / 4});
}

TEST_CASE("at the origin atan2 has the derivative 0, to second order") {
  ebb::Tape<double> tape;
  const auto y = tape.watch(ebb::zeros<double>({})), x = tape.watch(ebb::zeros<double>({}));
  const auto dy = ebb::grad(atan2(y, x), y, {.create_graph = true});
  CHECK(dy.item() == 0);
  CHECK(ebb::grad(dy, x).item() == 0);
  CHECK(ebb::grad(atan2(y, x), x).item() == 0);
}

TEST_CASE("derivatives of asin and acos keep their digits near 1, and are infinite at it") {
  const double near = 1 - 0x1p-50;
  const double slope = 1 / std::sqrt(0x1p-50 * (2 - 0x1p-50));
  CHECK(slope_at<double>([](const auto& x) { return asin(x); }, near) == close_to(slope));
  CHECK(slope_at<double>([](const auto& x) { return acos(x); }, near) == close_to(-slope));
  CHECK(slope_at<double>([](const auto& x) { return asin(x); }, 1) == inf);
  CHECK(slope_at<double>([](const auto& x) { return acos(x); }, -1) == -inf);
}

TEST_CASE("derivatives of atan and atan2 keep their digits where squares overflow or vanish") {
  const auto atan_slope = [](const auto& x) { return slope_at<double>([](const auto& v) { return atan(v); }, x); };
  CHECK(atan_slope(1e10) == close_to(1e-20));
  CHECK(atan_slope(-1e150) == close_to(1e-300));
  CHECK(atan_slope(inf) == 0);
  CHECK(atan_slope(1e-200) == 1);
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({}, 1e100)), one = tape.watch(ebb::full<double>({}, 1));
  const auto slope = ebb::grad(atan(x), x, {.create_graph = true});
  CHECK(ebb::grad(slope, x).item() == close_to(-2e-300));
  CHECK(ebb::grad(atan2(x, x), x).item() == Approx(0));
  CHECK(ebb::grad(atan2(one, 1e200 * one), one).item() == Approx(0));
  const auto tiny = tape.watch(ebb::full<double>({}, 1e-200));
  CHECK(ebb::grad(atan2(tiny, 1e-200), tiny).item() == close_to(5e199));
}

TEST_CASE("derivatives of tan, asin, acos, atan, atan2, sinh and cosh") {
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    const Values inputs{sample(shape)}, within{sample(shape, 1, -0.9, 0.9)}, near{sample(shape, 1, -1.2, 1.2)};
    check_gradients([](const Values& x) { return tan(x[0]); }, near);
    check_gradients([](const Values& x) { return asin(x[0]); }, within);
    check_gradients([](const Values& x) { return acos(x[0]); }, within);
    check_gradients([](const Values& x) { return atan(x[0]); }, inputs);
    check_gradients([](const Values& x) { return sinh(x[0]); }, inputs);
    check_gradients([](const Values& x) { return cosh(x[0]); }, inputs);
  }
  for (const auto& [a, b] : broadcasting)
    check_gradients([](const Values& x) { return atan2(x[0], x[1]); },
                    {sample_off_zero(a), sample_off_zero(b, 0.1, 2)});
}
