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

TEST_CASE("hypot neither overflows nor vanishes, and broadcasts") {
  CHECK(hypot(Tensor<double>({2, 1}, {3, 5}), Tensor<double>({2}, {4, 12})).to_vector() ==
        std::vector<double>{5, std::sqrt(153.0), std::sqrt(41.0), 13});
  CHECK(hypot(ebb::full<double>({}, 3e200), ebb::full<double>({}, 4e200)).item() == close_to(5e200));
  CHECK(hypot(ebb::full<float>({}, 3e-30), ebb::full<float>({}, 4e-30)).item() == Approx(5e-30).scale(0));
}

TEST_CASE("at the origin hypot has the derivative 0, to second order") {
  ebb::Tape<double> tape;
  const auto a = tape.watch(ebb::zeros<double>({})), b = tape.watch(ebb::zeros<double>({}));
  const auto da = ebb::grad(hypot(a, b), a, {.create_graph = true});
  CHECK(da.item() == 0);
  CHECK(ebb::grad(da, a).item() == 0);
}

TEST_CASE("derivatives of hypot") {
  for (const auto& [a, b] : broadcasting)
    check_gradients([](const Values& x) { return hypot(x[0], x[1]); },
                    {sample_off_zero(a), sample_off_zero(b, 0.1, 2)});
}

TEST_CASE("compound assignment makes a new tensor, and copies of the old one keep theirs") {
  ebb::Tape<double> tape;
  const auto w = tape.watch(Tensor<double>({2}, {1, 2}));
  Tensor<double> x = w, before = x;
  x += 1;
  x *= w;
  x -= Tensor<double>({}, {0.5});
  x /= 2;
  CHECK(x.to_vector() == std::vector<double>{0.75, 2.75});
  CHECK(before.to_vector() == std::vector<double>{1, 2});
  CHECK(ebb::grad(sum(x), w).to_vector() == std::vector<double>{1.5, 2.5});
  const int line = __LINE__ + 1;
  x += w;
  CHECK(tape[x.slot().record].where.line() == line);
  const ebb::Parameter<double> p(ebb::Array<double>({2}, {1, 1}));
  x += p;
  CHECK(x.to_vector() == std::vector<double>{2.75, 5.75});
}
