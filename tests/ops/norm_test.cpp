#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

TEST_CASE("norm of hand-computed vectors, over all axes and over some") {
  const Tensor<double> x({2, 2}, {3, 4, 6, 8});
  CHECK(ebb::norm(x).item() == close_to(std::sqrt(125.0)));
  CHECK(ebb::norm(x, -1).to_vector() == Numbers{5, 10});
  CHECK(ebb::norm(x, -1, {.keep = true}).shape() == Shape{2, 1});
  CHECK(ebb::norm(ebb::zeros<double>({3, 0}), 1).to_vector() == Numbers{0, 0, 0});
  CHECK(ebb::norm(ebb::full<double>({}, -2)).item() == 2);
  CHECK_ERROR(ebb::norm(x, 2), "norm: there is no axis 2 in shape [2, 2]", "norm_test.cpp:");
}

TEST_CASE("norm neither overflows nor vanishes, nor does its derivative") {
  for (const double size : {1e300, 1e-300, 5e-324 * 1024}) {
    ebb::Tape<double> tape;
    const auto x = tape.watch(size * Tensor<double>({2}, {3, 4}));
    CHECK(ebb::norm(x).item() / size == close_to(5));
    check_values(ebb::grad(ebb::norm(x), x), {0.6, 0.8});
  }
  CHECK(ebb::norm(Tensor<float>({2}, {3e38F, 1e38F})).item() == Approx(3.1622777e38));
  CHECK(ebb::norm(Tensor<double>({2}, {inf, 1})).item() == inf);
  CHECK(std::isnan(ebb::norm(Tensor<double>({2}, {not_a_number, 1})).item()));
}

TEST_CASE("the derivative of norm is 0 where it is 0, to second order") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2, 2}, {0, 0, 3, 4}));
  const auto dx = ebb::grad(ebb::sum(ebb::norm(x, -1)), x, {.create_graph = true});
  check_values(dx, {0, 0, 0.6, 0.8});
  check_values(ebb::grad(ebb::sum(ebb::slice(dx, 0, {0, 1})), x), {0, 0, 0, 0});
}

TEST_CASE("standard_deviation is the root of the variance, without overflow") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 4, 4});
  check_values(ebb::standard_deviation(x, -1), {std::sqrt(2.0 / 3), 0});
  check_values(ebb::standard_deviation(x, -1, {.keep = true, .correction = 1}), {1, 0});
  CHECK(ebb::standard_deviation(x).item() == close_to(std::sqrt(ebb::variance(x).item())));
  CHECK(ebb::standard_deviation(1e200 * x, 1).at({0}) == close_to(1e200 * std::sqrt(2.0 / 3)));
  CHECK_ERROR(ebb::standard_deviation(ebb::ones<double>({1}), 0, {.correction = 1}),
              "standard_deviation: a correction of 1 leaves nothing to divide by", "norm_test.cpp:");
  CHECK_ERROR(ebb::standard_deviation(ebb::ones<double>({0})), "standard_deviation: there is nothing to reduce");
}

TEST_CASE("the derivative of standard_deviation is 0 where all elements are equal") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({3}, 0.1));
  check_values(ebb::grad(ebb::standard_deviation(x), x), {0, 0, 0});
}

TEST_CASE("cosine_similarity of hand-computed vectors, which broadcast") {
  const Tensor<double> a({2, 2}, {3, 4, -1, 0}), b({2}, {4, 3});
  check_values(ebb::cosine_similarity(a, b), {0.96, -0.8});
  check_values(ebb::cosine_similarity(1e200 * a, 1e-200 * b), {0.96, -0.8});
  check_values(ebb::cosine_similarity(a, a, 0), {1, 1});
  CHECK_ERROR(ebb::cosine_similarity(a, ebb::ones<double>({3})),
              "cosine_similarity: shapes [2, 2] and [3] do not broadcast");
}

TEST_CASE("a vector of zeros has the cosine 0 with all others, and the derivative 0") {
  ebb::Tape<double> tape;
  const auto a = tape.watch(Tensor<double>({2, 2}, {0, 0, 1, 0})), b = tape.watch(Tensor<double>({2}, {3, 4}));
  const auto y = ebb::cosine_similarity(a, b);
  check_values(y, {0, 0.6});
  const auto d = ebb::grad(ebb::sum(y), {a, b});
  check_values(d[0], {0, 0, 0, 0.8});
  check_values(d[1], {0.8 * 0.8 / 5, -0.6 * 0.8 / 5});
}

TEST_CASE("derivatives of norm, standard_deviation and cosine_similarity") {
  for (const Shape& shape : {Shape{3}, Shape{1}, Shape{2, 3}, Shape{2, 0}, Shape{2, 1, 3}}) {
    CAPTURE(to_string(shape));
    const Values inputs{sample_off_zero(shape)}, two{sample_off_zero(shape), sample_off_zero(shape, 0.1, 2)};
    check_gradients([](const Values& x) { return ebb::norm(x[0]); }, inputs);
    check_gradients([](const Values& x) { return ebb::norm(x[0], -1, {.keep = true}); }, inputs);
    check_gradients([](const Values& x) { return ebb::norm(x[0], 0); }, inputs);
    if (shape.extent(-1) > 1) {
      check_gradients([](const Values& x) { return ebb::standard_deviation(x[0], -1, {.correction = 1}); }, inputs);
      check_gradients([](const Values& x) { return ebb::standard_deviation(x[0]); }, inputs);
    }
    check_gradients([](const Values& x) { return ebb::cosine_similarity(x[0], x[1]); }, two);
  }
  check_gradients([](const Values& x) { return ebb::cosine_similarity(x[0], x[1], 1); },
                  {sample({2, 3, 2}), sample({3, 1}, 2)});
}
