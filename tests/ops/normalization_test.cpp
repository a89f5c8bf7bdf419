#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using ebb::Shape;
using ebb::Tensor;
using ebb_test::check_gradients;
using ebb_test::check_values;
using ebb_test::contains;
using ebb_test::error_of;
using ebb_test::sample;
using ebb_test::Values;

namespace {

/// Among them one row, one element, rows of width 1, more columns than a tile of the kernels, and no rows at all.
const std::vector<Shape> row_shapes{{5}, {3, 4}, {2, 3, 2}, {1}, {4, 1}, {2, 70}, {0, 3}};

}  // namespace

TEST_CASE("layer_norm of a hand-computed row") {
  // mean 3, variance 8
  const Tensor<double> x({1, 4}, {-1, 3, 3, 7}), gain({4}, {1, 2, 3, 4}), bias({4}, {10, 20, 30, 40});
  const double u = 1 / std::sqrt(2.0);
  check_values(ebb::layer_norm(x, 0.0), {-2 * u, 0, 0, 2 * u});
  check_values(ebb::layer_norm(x, gain, bias, 0.0), {10 - 2 * u, 20, 30, 40 + 8 * u});
  check_values(ebb::layer_norm(x, 8.0), {-1, 0, 0, 1});
}

TEST_CASE("layer_norm of a row of equal numbers is its bias") {
  check_values(ebb::layer_norm(ebb::full<double>({2, 2}, 5), Tensor<double>({2}, {3, 4}), Tensor<double>({2}, {1, 2})),
               {1, 2, 1, 2});
  check_values(ebb::layer_norm(Tensor<double>({3, 1}, {1, 2, 3})), {0, 0, 0});
}

TEST_CASE("layer_norm of a long row far from zero keeps its precision in float") {
  const Tensor<float> y = ebb::layer_norm(ebb::uniform<float>({1, 100003}, ebb::Key{3}, 1000, 1001));
  double sum = 0, squares = 0;
  for (const float v : y.to_vector()) sum += static_cast<double>(v), squares += static_cast<double>(v * v);
  CHECK(std::abs(sum / 100003) < 1e-3);
  CHECK(squares / 100003 == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("rms_norm of a hand-computed row") {
  // mean of squares 25
  const Tensor<double> x({1, 2}, {1, 7}), gain({2}, {5, 10});
  check_values(ebb::rms_norm(x, gain, 0.0), {1, 14});
  check_values(ebb::rms_norm(x, gain, 75.0), {0.5, 7});
}

TEST_CASE("normalisation refuses a gain or bias of the wrong shape") {
  const auto x = ebb::zeros<float>({2, 3}), three = ebb::zeros<float>({3}), two = ebb::zeros<float>({2});
  CHECK(contains(error_of([&] { ebb::layer_norm(x, two, three); }),
                 "layer_norm: the gain must have shape [3], one number for each along the last axis, not [2]"));
  CHECK(contains(error_of([&] { ebb::layer_norm(x, three, x); }),
                 "the bias must have shape [3], one number for each along the last axis, not [2, 3]"));
  CHECK(contains(error_of([&] { ebb::rms_norm(x, two); }), "rms_norm: the gain must have shape [3]"));
}

TEST_CASE("normalisation refuses a last axis with nothing along it") {
  CHECK(contains(error_of([] { ebb::layer_norm(ebb::zeros<float>({})); }),
                 "layer_norm: there is nothing to normalise along the last axis of shape []"));
  CHECK(contains(error_of([] {
                   ebb::layer_norm(ebb::zeros<float>({2, 0}));
                 }),
                 "there is nothing to normalise along the last axis of shape [2, 0]"));
}

TEST_CASE("derivatives of layer_norm and rms_norm") {
  for (const Shape& shape : row_shapes) {
    CAPTURE(to_string(shape));
    const Shape width(shape.extent(-1));
    const Tensor<double> x = sample(shape), gain = sample(width, 2), bias = sample(width, 3);
    // An epsilon as large as the variance, so that its part in the derivative shows.
    check_gradients([](const Values& v) { return ebb::layer_norm(v[0], v[1], v[2], 0.5); }, {x, gain, bias});
    check_gradients([](const Values& v) { return ebb::layer_norm(v[0], 0.5); }, {x});
    check_gradients([](const Values& v) { return ebb::rms_norm(v[0], v[1], 0.5); }, {x, gain});
  }
}

TEST_CASE("the default epsilon is 1e-5") {
  const Tensor<double> x({1, 2}, {0, 0.002});
  check_values(ebb::layer_norm(x), {-0.001 / std::sqrt(1.1e-5), 0.001 / std::sqrt(1.1e-5)});
  check_values(ebb::rms_norm(x, ebb::ones<double>({2})), {0, 0.002 / std::sqrt(1.2e-5)});
}

TEST_CASE("layer_norm and its derivatives are the same on any number of threads") {
  const auto x0 = ebb::uniform<float>({300, 301}, ebb::Key{1}), dy = ebb::uniform<float>({300, 301}, ebb::Key{2}),
             gain0 = ebb::uniform<float>({301}, ebb::Key{3}), bias = ebb::zeros<float>({301});
  CHECK(ebb_test::same_on_any_number_of_threads([&] { return ebb::layer_norm(x0, gain0, bias); }));
  for (const std::size_t input : {0U, 1U})
    CHECK(ebb_test::same_on_any_number_of_threads([&] {
      ebb::Tape<float> tape;
      const auto x = tape.watch(x0), gain = tape.watch(gain0);
      return ebb::grad(ebb::layer_norm(x, gain, bias), {x, gain}, {.cotangent = dy})[input];
    }));
}
