#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

double value(Tensor<double> (*f)(const ebb::Operand<double>&, ebb::SourceLocation), double x) {
  return f(Tensor<double>({}, {x}), ebb::SourceLocation::current()).item();
}

}  // namespace

TEST_CASE("exp, log, sqrt, rsqrt and abs of known values") {
  const Tensor<double> x({3}, {1, 4, 0.25});
  CHECK(exp(x).at({0}) == close_to(2.718281828459045));
  CHECK(log(x).at({1}) == close_to(1.3862943611198906));
  CHECK(sqrt(x).to_vector() == std::vector<double>{1, 2, 0.5});
  CHECK(rsqrt(x).to_vector() == std::vector<double>{1, 0.5, 2});
  CHECK(abs(x - 1).to_vector() == std::vector<double>{0, 3, 0.75});
}

TEST_CASE("expm1 and log1p keep their digits near 0") {
  CHECK(value(ebb::expm1, 1e-12) / 1e-12 == Approx(1 + 5e-13).epsilon(1e-15));
  CHECK(value(ebb::log1p, 1e-12) / 1e-12 == Approx(1 - 5e-13).epsilon(1e-15));
  CHECK(expm1(ebb::full<float>({}, 1e-6)).item() / 1e-6 == Approx(1.0000005).epsilon(1e-7));
  CHECK(log1p(ebb::full<float>({}, 1e-6)).item() / 1e-6 == Approx(0.9999995).epsilon(1e-7));
}

TEST_CASE("the derivative of expm1 keeps its digits where expm1 is -1") {
  CHECK(slope_at<double>([](const auto& x) { return expm1(x); }, -40) / std::exp(-40) == Approx(1).epsilon(1e-14));
}

TEST_CASE("exponentials and logarithms pass infinities and NaN on") {
  CHECK(value(ebb::exp, -inf) == 0);
  CHECK(value(ebb::exp, inf) == inf);
  CHECK(value(ebb::exp, 1000) == inf);
  CHECK(value(ebb::expm1, -inf) == -1);
  CHECK(value(ebb::log, 0) == -inf);
  CHECK(value(ebb::log, inf) == inf);
  CHECK(value(ebb::log1p, -1) == -inf);
  CHECK(value(ebb::rsqrt, 0) == inf);
  CHECK(value(ebb::rsqrt, inf) == 0);
  CHECK(value(ebb::abs, -inf) == inf);
  for (const auto f : {ebb::log<double>, ebb::sqrt<double>, ebb::rsqrt<double>}) CHECK(std::isnan(value(f, -1)));
  for (const auto f : {ebb::exp<double>, ebb::expm1<double>, ebb::log<double>, ebb::log1p<double>, ebb::sqrt<double>,
                       ebb::rsqrt<double>, ebb::abs<double>})
    CHECK(std::isnan(value(f, not_a_number)));
}

TEST_CASE("at its kink the derivative of abs is 0") {
  const auto absolute = [](const auto& x) { return abs(x); };
  CHECK(slope_at<double>(absolute, 0) == 0);
  CHECK(slope_at<double>(absolute, -3) == -1);
  CHECK(slope_at<double>(absolute, 3) == 1);
}

TEST_CASE("safe_sqrt is sqrt, and passes infinities and NaN on") {
  check_values(ebb::safe_sqrt(Tensor<double>({4}, {0, 1, 4, 0.25})), {0, 1, 2, 0.5});
  CHECK(value(ebb::safe_sqrt, inf) == inf);
  CHECK(std::isnan(value(ebb::safe_sqrt, -1)));
  CHECK(std::isnan(value(ebb::safe_sqrt, not_a_number)));
}

TEST_CASE("at 0 the derivatives of safe_sqrt are 0, up to the third, and beside it they are those of sqrt") {
  const auto root = [](const auto& x) { return ebb::safe_sqrt(x); };
  CHECK(slope_at<double>(root, 0) == 0);
  CHECK(slope_at<double>(root, -0.0) == 0);
  CHECK(slope_at<double>(root, 4) == 0.25);
  CHECK(slope_at<double>(root, 1e-300) == close_to(5e149));
  CHECK(std::isnan(slope_at<double>(root, -1)));
  CHECK(std::isnan(slope_at<double>(root, not_a_number)));
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2}, {0, 4}));
  Tensor<double> y = sum(ebb::safe_sqrt(x));
  for (const std::vector<double>& expected : {std::vector<double>{0, 0.25}, {0, -1.0 / 32}, {0, 3.0 / 256}}) {
    const auto slope = ebb::grad(y, x, {.create_graph = true});
    check_values(slope, expected);
    y = sum(slope);
  }
}

TEST_CASE("the slope of safe_sqrt at 0 has a derivative with respect to what multiplies it") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2}, {0, 4})), weight = tape.watch(Tensor<double>({2}, {3, 3}));
  const auto slope = ebb::grad(sum(weight * ebb::safe_sqrt(x)), x, {.create_graph = true});
  check_values(ebb::grad(sum(slope), weight), {0, 0.25});
}

TEST_CASE("the length of a vector by safe_sqrt has a second derivative where the vector is 0") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::zeros<double>({2}));
  const auto slope = ebb::grad(ebb::safe_sqrt(sum(square(x))), x, {.create_graph = true});
  check_values(slope, {0, 0});
  check_values(ebb::grad(sum(slope), x), {0, 0});
}

TEST_CASE("derivatives of exponentials, logarithms, roots and abs") {
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    const Values any{sample(shape)}, positive{sample(shape, 1, 0.5, 3)}, off_zero{sample_off_zero(shape)};
    check_gradients([](const Values& x) { return exp(x[0]); }, any);
    check_gradients([](const Values& x) { return expm1(x[0]); }, any);
    check_gradients([](const Values& x) { return log(x[0]); }, positive);
    check_gradients([](const Values& x) { return log1p(x[0]); }, positive);
    check_gradients([](const Values& x) { return sqrt(x[0]); }, positive);
    check_gradients([](const Values& x) { return safe_sqrt(x[0]); }, positive);
    check_gradients([](const Values& x) { return rsqrt(x[0]); }, positive);
    check_gradients([](const Values& x) { return abs(x[0]); }, off_zero);
  }
}

TEST_CASE("the derivative of rsqrt goes through no cube that overflows or vanishes") {
  const auto derivative = [](double x, double dy) {
    ebb::Tape<float> tape;
    const auto at = tape.watch(ebb::full<float>({}, x));
    return double(ebb::grad(ebb::rsqrt(at), at, {.cotangent = ebb::full<float>({}, dy)}).item());
  };
  CHECK(derivative(1e-30, 1e-30) == Approx(-5e14).epsilon(1e-5));
  CHECK(derivative(1e30, 1e30) == Approx(-5e-16).epsilon(1e-5).scale(0));
}

TEST_CASE("log2 is exact at powers of two") {
  const Tensor<double> x({4}, {8, 1, 0x1p-1074, 0.25});
  CHECK(log2(x).to_vector() == std::vector<double>{3, 0, -1074, -2});
  CHECK(log2(ebb::zeros<float>({})).item() == -std::numeric_limits<float>::infinity());
}

TEST_CASE("logaddexp does not overflow, and keeps what is small") {
  const auto at = [](double a, double b) {
    return logaddexp(ebb::full<double>({}, a), ebb::full<double>({}, b)).item();
  };
  CHECK(at(std::log(3.0), std::log(5.0)) == close_to(std::log(8.0)));
  CHECK(at(1000, 1000) == close_to(1000 + std::log(2.0)));
  CHECK(at(0, -50) == close_to(std::exp(-50.0)));
  CHECK(at(-inf, 2) == 2);
  CHECK(at(-inf, -inf) == -inf);
  CHECK(at(inf, inf) == inf);
  CHECK(at(inf, -inf) == inf);
  CHECK(std::isnan(at(not_a_number, 1)));
}

TEST_CASE("derivatives of logaddexp keep their digits, and are halves of two infinities") {
  const auto slopes = [](double a, double b) {
    ebb::Tape<double> tape;
    const auto x = tape.watch(ebb::full<double>({}, a)), y = tape.watch(ebb::full<double>({}, b));
    const auto d = ebb::grad(logaddexp(x, y), {x, y});
    return std::pair(d[0].item(), d[1].item());
  };
  CHECK(slopes(0, 60).first == close_to(std::exp(-60.0)));
  CHECK(slopes(60, 0).second == close_to(std::exp(-60.0)));
  CHECK(slopes(-inf, -inf) == std::pair(0.5, 0.5));
  CHECK(slopes(-inf, 1) == std::pair(0.0, 1.0));
  CHECK(std::isnan(slopes(not_a_number, 1).first));
}

TEST_CASE("derivatives of log2 and logaddexp, of equal sides too") {
  for (const auto& shape : shapes)
    check_gradients([](const Values& x) { return log2(x[0]); }, {sample(shape, 1, 0.2, 3)});
  for (const auto& [a, b] : broadcasting)
    check_gradients([](const Values& x) { return logaddexp(x[0], x[1]); }, {sample(a), sample(b, 2)});
  check_gradients([](const Values& x) { return logaddexp(x[0], x[1]); },
                  {ebb::ones<double>({2}), ebb::ones<double>({2})});
}
