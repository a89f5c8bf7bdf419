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
