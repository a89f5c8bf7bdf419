#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("add, subtract, multiply and divide broadcast like NumPy") {
  const Tensor<double> column({2, 1}, {10, 20}), row({3}, {1, 2, 4});
  CHECK((column + row).to_vector() == std::vector<double>{11, 12, 14, 21, 22, 24});
  CHECK((column - row).to_vector() == std::vector<double>{9, 8, 6, 19, 18, 16});
  CHECK((column * row).to_vector() == std::vector<double>{10, 20, 40, 20, 40, 80});
  CHECK((column / row).to_vector() == std::vector<double>{10, 5, 2.5, 20, 10, 5});
}

TEST_CASE("shapes that do not broadcast are refused with both shapes and the caller's line") {
  CHECK_ERROR(ebb::zeros<float>({2, 3}) + ebb::zeros<float>({4}), "add: shapes [2, 3] and [4] do not broadcast",
              "arithmetic_test.cpp:");
}

TEST_CASE("derivatives of add, subtract, multiply and divide") {
  for (const auto& pair : broadcasting) {
    const ebb::Shape &a = pair.first, &b = pair.second;
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    const Values inputs{sample(a, 1), sample(b, 2)}, positive{sample(a, 3), sample(b, 4, 0.5, 2)};
    check_gradients([](const Values& x) { return x[0] + x[1]; }, inputs);
    check_gradients([](const Values& x) { return x[0] - x[1]; }, inputs);
    check_gradients([](const Values& x) { return x[0] * x[1]; }, inputs);
    check_gradients([](const Values& x) { return x[0] / x[1]; }, positive);
  }
}

TEST_CASE("power of known values") {
  const Tensor<double> x({4}, {0, 1, 2, -3});
  CHECK(power(x, 2).to_vector() == std::vector<double>{0, 1, 4, 9});
  CHECK(power(x, 0).to_vector() == std::vector<double>{1, 1, 1, 1});
  CHECK(power(x, -1).at({2}) == 0.5);
  CHECK(std::isnan(power(x, 0.5).at({3})));
  CHECK(power(2, x).to_vector() == std::vector<double>{1, 2, 4, 0.125});
  CHECK(power(Tensor<double>({2, 1}, {2, 3}), Tensor<double>({2}, {1, 2})).to_vector() ==
        std::vector<double>{2, 4, 3, 9});
}

TEST_CASE("derivatives of power where the formula would divide by 0") {
  const auto slopes = [](double a, double b) {
    ebb::Tape<double> tape;
    const auto base = tape.watch(Tensor<double>({}, {a})), exponent = tape.watch(Tensor<double>({}, {b}));
    const auto g = ebb::grad(power(base, exponent), {base, exponent});
    return std::pair{g[0].item(), g[1].item()};
  };
  CHECK(slopes(0, 0) == std::pair{0.0, 0.0});
  CHECK(slopes(0, 1) == std::pair{1.0, 0.0});
  CHECK(slopes(0, 2) == std::pair{0.0, 0.0});
  CHECK(slopes(-2, 3).first == 12);
  CHECK(std::isnan(slopes(-2, 3).second));
  for (const double p : {0.0, 1.0, 2.0, 3.0}) {
    CAPTURE(p);
    CHECK(slope_at<double>([p](const auto& x) { return power(x, p); }, 0) == (p == 1 ? 1 : 0));
  }
}

TEST_CASE("derivatives of power") {
  for (const auto& pair : broadcasting) {
    const ebb::Shape &a = pair.first, &b = pair.second;
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    check_gradients([](const Values& x) { return power(x[0], x[1]); }, {sample(a, 3, 0.5, 2), sample(b, 4)});
  }
  for (const Shape& shape : shapes) {
    CAPTURE(to_string(shape));
    for (const double p : {0.0, 1.0, 2.0, 3.0, -1.0})
      check_gradients([p](const Values& x) { return power(x[0], p); }, {sample_off_zero(shape, 0.5)});
    check_gradients([](const Values& x) { return power(x[0], 2.5); }, {sample(shape, 5, 0.5, 2)});
    check_gradients([](const Values& x) { return power(2, x[0]); }, {sample(shape, 6)});
  }
}

TEST_CASE("power with a whole exponent has its derivatives at 0, to second order") {
  for (const double p : {0.0, 1.0, 2.0, 3.0}) {
    CAPTURE(p);
    check_gradients([p](const Values& x) { return power(x[0], p); }, {ebb::zeros<double>({2})});
  }
}

TEST_CASE("the derivative of a quotient overflows only where it must itself, in float") {
  const auto derivatives = [](float a, float b) {
    ebb::Tape<float> tape;
    const auto x = tape.watch(ebb::full<float>({}, double(a))), y = tape.watch(ebb::full<float>({}, double(b)));
    const auto g = ebb::grad(x / y, {x, y});
    return std::pair(double(g[0].item()), double(g[1].item()));
  };
  CHECK(derivatives(1e30f, 1e20f).second == Approx(-1e-10).epsilon(1e-6).scale(0));
  CHECK(derivatives(0.0f, 1e-30f).second == 0);
  CHECK(derivatives(1e-30f, 1e-30f).second == Approx(-1e30).epsilon(1e-6));
  CHECK(derivatives(1e-30f, 1e-30f).first == Approx(1e30).epsilon(1e-6));
}

TEST_CASE("the derivative of a square whose adjoint is small does not overflow") {
  ebb::Tape<float> tape;
  const auto x = tape.watch(ebb::full<float>({}, 2e38));
  CHECK(ebb::grad(ebb::square(x), x, {.cotangent = ebb::full<float>({}, 1e-30)}).item() == Approx(4e8).epsilon(1e-6));
}
