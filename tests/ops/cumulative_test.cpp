#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/random_cases.hpp"

using namespace ebb_test;

TEST_CASE("cumulative_sum adds up along an axis") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::cumulative_sum(x, 1).to_vector() == std::vector<double>{1, 3, 6, 4, 9, 15});
  CHECK(ebb::cumulative_sum(x, -2).to_vector() == std::vector<double>{1, 2, 3, 5, 7, 9});
  CHECK(ebb::cumulative_sum(ebb::zeros<double>({2, 0}), 1).shape() == Shape{2, 0});
  CHECK_ERROR(ebb::cumulative_sum(ebb::ones<double>({2}), 1), "cumulative_sum: there is no axis 1 in shape [2]");
}

TEST_CASE("a long cumulative sum of floats does not drift") {
  const Tensor<float> y = ebb::cumulative_sum(ebb::full<float>({1'000'000}, 0.1), 0);
  CHECK(std::abs(y.at({-1}) / (1e6 * static_cast<double>(0.1f)) - 1) < 1e-6);
}

TEST_CASE("derivatives of cumulative_sum") {
  RandomCases random(1);
  for (const auto& [shape, axis] : {std::pair{Shape{4}, 0}, {Shape{2, 3, 2}, 1}, {Shape{1, 1}, -1}, {Shape{0, 2}, 1}}) {
    const int along = axis;
    check_gradients([&](const Values& v) { return square(ebb::cumulative_sum(v[0], along)); }, {random.values(shape)});
  }
}

TEST_CASE("cumulative_product multiplies along an axis") {
  const Tensor<double> x({2, 5}, {1, 2, 3, 4, 5, 2, 0, 3, -1, 2});
  CHECK(ebb::cumulative_product(x, 1).to_vector() == std::vector<double>{1, 2, 6, 24, 120, 2, 0, 0, 0, 0});
  CHECK(ebb::cumulative_product(x, 0).to_vector() == std::vector<double>{1, 2, 3, 4, 5, 2, 0, 9, -4, 10});
  CHECK(ebb::cumulative_product(ebb::zeros<double>({2, 0}), 1).shape() == Shape{2, 0});
  CHECK_ERROR(ebb::cumulative_product(ebb::ones<double>({2}), 1),
              "cumulative_product: there is no axis 1 in shape [2]");
}

TEST_CASE("cumulative_max keeps the largest so far, and the first NaN") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(ebb::cumulative_max(Tensor<double>({5}, {1, 3, 2, 3, 4}), 0).to_vector() == std::vector<double>{1, 3, 3, 3, 4});
  CHECK(ebb::cumulative_max(Tensor<double>({2, 2}, {4, 1, 3, 2}), 0).to_vector() == std::vector<double>{4, 1, 4, 2});
  const auto y = ebb::cumulative_max(Tensor<double>({3}, {1, nan, 5}), 0);
  CHECK(y.at({0}) == 1);
  CHECK(std::isnan(y.at({1})));
  CHECK(std::isnan(y.at({2})));
  CHECK_ERROR(ebb::cumulative_max(ebb::ones<double>({2}), 1), "cumulative_max: there is no axis 1 in shape [2]");
}

TEST_CASE("of equal elements the first gets the adjoint of cumulative_max") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({4}, {1, 3, 3, 2}));
  CHECK(ebb::grad(ebb::sum(ebb::cumulative_max(x, 0)), x).to_vector() == std::vector<double>{1, 3, 0, 0});
}

TEST_CASE("derivatives of cumulative_product, with zeros among its elements too, and of cumulative_max") {
  RandomCases random(2);
  for (const auto& [shape, axis] :
       {std::pair{Shape{7}, 0}, {Shape{2, 3, 2}, 1}, {Shape{1, 1}, -1}, {Shape{0, 2}, 1}, {Shape{3, 0}, 0}}) {
    const int along = axis;
    check_gradients([&](const Values& v) { return ebb::cumulative_product(v[0], along); }, {random.values(shape)});
    check_gradients([&](const Values& v) { return square(ebb::cumulative_max(v[0], along)); }, {random.values(shape)});
  }
  for (const Tensor<double>& x : {Tensor<double>({4}, {2, 0, 3, 4}), Tensor<double>({4}, {2, 0, 3, 0})})
    check_gradients([](const Values& v) { return ebb::cumulative_product(v[0], 0); }, {x});
}
