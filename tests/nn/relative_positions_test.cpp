#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("rotary positions turn pairs of numbers by the position") {
  const Tensor<double> x({2, 4}, {1, 2, 3, 4, 1, 2, 3, 4});
  const double c = std::cos(1.0), s = std::sin(1.0), c2 = std::cos(0.01), s2 = std::sin(0.01);
  check_values(nn::rotary_positions(x), {1, 2, 3, 4, c - 3 * s, 2 * c2 - 4 * s2, s + 3 * c, 2 * s2 + 4 * c2});
  check_values(nn::rotary_positions(slice(x, 0, {1, 2}), 1), slice(nn::rotary_positions(x), 0, {1, 2}).to_vector());
  check_gradients([](const Values& v) { return nn::rotary_positions(v[0], 3); }, {sample({2, 3, 4})});
  CHECK_ERROR(nn::rotary_positions(ones<float>({2, 3})), "turns pairs of numbers", "[2, 3]");
  CHECK_ERROR(nn::rotary_positions(ones<float>({2})), "[2]");
  CHECK_ERROR(nn::rotary_positions(ones<float>({2, 2}), 0, -1), "the base must be a finite number above 0, not -1");
}

TEST_CASE("products of turned queries and keys depend on the distance alone") {
  const Tensor<double> q = normal<double>({1, 8}, Key{1}), k = normal<double>({1, 8}, Key{2});
  const auto product = [&](Index i, Index j) {
    return sum(nn::rotary_positions(q, i) * nn::rotary_positions(k, j)).item();
  };
  CHECK(product(5, 3) == close_to(product(105, 103)));
  CHECK(product(5, 3) != close_to(product(5, 4)));
}

TEST_CASE("ALiBi falls with the distance, with a slope for each head") {
  check_values(nn::alibi_bias<double>(2, 2, 3),
               {-0.0625, 0, -0.0625, -0.125, -0.0625, 0, -1.0 / 256, 0, -1.0 / 256, -2.0 / 256, -1.0 / 256, 0});
  CHECK_ERROR(nn::alibi_bias<float>(0, 1, 1), "there must be a head, not 0");
}

TEST_CASE("a sliding window shows each query itself and the keys before it") {
  CHECK(nn::sliding_window_mask(2, 4, 2).to_vector() == std::vector<std::int32_t>{0, 1, 1, 0, 0, 0, 1, 1});
  CHECK(nn::sliding_window_mask(3, 3, 9).to_vector() == std::vector<std::int32_t>{1, 0, 0, 1, 1, 0, 1, 1, 1});
  CHECK_ERROR(nn::sliding_window_mask(2, 2, 0), "a window must be at least 1, not 0");
}
