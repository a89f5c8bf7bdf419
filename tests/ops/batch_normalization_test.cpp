#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("batch_norm of hand-computed channels") {
  // Channel 0: mean 3, variance 8; channel 1: mean 0, variance 4.
  const Tensor<double> x({2, 2, 2}, {-1, 2, 3, -2, 3, 2, 7, -2}), gain({2}, {2, 3}), bias({2}, {10, 20});
  const double u = 2 * std::sqrt(2.0);
  check_values(ebb::batch_norm(x, gain, bias, 0.0), {10 - u, 23, 10, 17, 10, 23, 10 + u, 17});
  const Tensor<double> mean({2}, {1, 2}), variance({2}, {3, 15});
  check_values(ebb::batch_norm(x, gain, bias, mean, variance, 1.0), {8, 20, 12, 17, 12, 20, 16, 17});
}

TEST_CASE("group_norm of hand-computed groups: each example and group by itself") {
  // Example 0: group 0 holds 1, 3 and 1, 3, group 1 holds 0 and 8; example 1: 10, 30 and 4, 6.
  const Tensor<double> x({2, 2, 4}, {1, 3, 0, 8, 1, 3, 0, 8, 10, 30, 4, 6, 10, 30, 4, 6}), gain({4}, {1, 2, 3, 4}),
      bias({4}, {10, 20, 30, 40});
  check_values(ebb::group_norm(x, 2, gain, bias, 0.0), {9, 22, 27, 44, 9, 22, 27, 44, 9, 22, 27, 44, 9, 22, 27, 44});
}

TEST_CASE("a group for each channel is batch_norm of each example, one group is layer_norm of it") {
  const Tensor<double> x = sample({2, 3, 2, 4}), gain = sample({4}, 2), bias = sample({4}, 3);
  const auto parts = split(x, 2, 0);
  check_values(
      ebb::group_norm(x, 4, gain, bias),
      ebb::concatenate({ebb::batch_norm(parts[0], gain, bias), ebb::batch_norm(parts[1], gain, bias)}, 0).to_vector());
  check_values(ebb::group_norm(x, 1, gain, bias),
               (reshape(ebb::layer_norm(reshape(x, {2, 24})), x.shape()) * gain + bias).to_vector());
}

TEST_CASE("derivatives of batch_norm and group_norm, to second order") {
  for (const Shape& shape : std::vector<Shape>{{4, 2}, {2, 3, 4}, {2, 2, 3, 2}, {1, 2}}) {
    CAPTURE(to_string(shape));
    const Index channels = shape.extent(-1);
    const Tensor<double> x = sample(shape), gain = sample({channels}, 2), bias = sample({channels}, 3);
    check_gradients([](const Values& v) { return ebb::batch_norm(v[0], v[1], v[2], 0.5); }, {x, gain, bias});
    check_gradients([](const Values& v) { return ebb::batch_norm(v[0], v[1], v[2], v[3], v[4], 0.5); },
                    {x, gain, bias, sample({channels}, 4), sample({channels}, 5, 0.5, 2)});
    for (const Index groups : {Index{1}, Index{2}, channels})
      if (channels % groups == 0)
        check_gradients([&](const Values& v) { return ebb::group_norm(v[0], groups, v[1], v[2], 0.5); },
                        {x, gain, bias});
  }
}

TEST_CASE("batch_norm and group_norm are the same on any number of threads") {
  const auto x = ebb::uniform<float>({8, 20, 20, 32}, ebb::Key{1}), gain = ebb::ones<float>({32});
  CHECK(same_on_any_number_of_threads([&] { return ebb::batch_norm(x, gain, gain); }));
  CHECK(same_on_any_number_of_threads([&] { return ebb::group_norm(x, 4, gain, gain); }));
}

TEST_CASE("batch_norm and group_norm refuse what does not fit, with the caller's line") {
  const auto x = ebb::zeros<float>({2, 3}), three = ebb::ones<float>({3}), two = ebb::ones<float>({2});
  CHECK_ERROR(ebb::batch_norm(x, two, three),
              "batch_norm: the gain must have shape [3], one number for each channel, not [2]",
              "batch_normalization_test.cpp");
  CHECK_ERROR(ebb::batch_norm(x, three, three, two, three), "the mean must have shape [3]");
  CHECK_ERROR(ebb::batch_norm(ebb::zeros<float>({0, 3}), three, three), "nothing to normalise in x of shape [0, 3]");
  CHECK_ERROR(ebb::batch_norm(x, three, three, -1.0), "epsilon must be a finite number of at least 0, not -1");
  CHECK_ERROR(ebb::group_norm(x, 2, three, three), "group_norm: 2 groups do not divide the 3 channels of [2, 3]");
  CHECK_ERROR(ebb::group_norm(x, 0, three, three), "0 groups do not divide");
  CHECK_ERROR(ebb::group_norm(three, 1, three, three), "x of shape [3], which must be [batch, ..., channels]");
}
