#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("max_pool of a hand-computed image and sequence") {
  const Tensor<double> image({1, 2, 4, 1}, {1, 8, 3, 4, 5, 6, 7, 2});
  CHECK(ebb::max_pool(image, {2, 2}).to_vector() == std::vector<double>{8, 7});
  CHECK(ebb::max_pool(image, {1, 3}, {.stride = 1}).to_vector() == std::vector<double>{8, 8, 7, 7});
  const Tensor<double> sequence({4, 2}, {1, -8, 3, -4, 5, -6, 7, -2});
  const Tensor<double> y = ebb::max_pool(sequence, 3, {.stride = 2, .padding = 1});
  CHECK(y.shape() == Shape{2, 2});
  CHECK(y.to_vector() == std::vector<double>{3, -4, 7, -2});
}

TEST_CASE("average_pool of a hand-computed image, with padding as zeros") {
  const Tensor<double> image({1, 2, 4, 1}, {1, 8, 3, 4, 5, 6, 7, 2});
  CHECK(ebb::average_pool(image, {2, 2}).to_vector() == std::vector<double>{5, 4});
  const Tensor<double> sequence({4, 2}, {1, -8, 3, -4, 5, -6, 7, -2});
  check_values(ebb::average_pool(sequence, 3, {.stride = 2, .padding = 1}), {4.0 / 3, -4, 5, -4});
}

TEST_CASE("of several largest numbers in a window, the first gets the adjoint") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({1, 4, 1}, {2, 2, 1, 2}));
  CHECK(ebb::grad(sum(ebb::max_pool(x, 2, {.stride = 1})), x).to_vector() == std::vector<double>{1, 1, 0, 1});
}

TEST_CASE("a NaN in a window is its largest number") {
  const Tensor<double> x({4, 1}, {1, not_a_number, 3, 4});
  const Tensor<double> y = ebb::max_pool(x, 2);
  CHECK(std::isnan(y.at({0, 0})));
  CHECK(y.at({1, 0}) == 4);
  CHECK(ebb::max_pool(Tensor<double>({2, 1}, {-inf, -inf}), 2).item() == -inf);
}

TEST_CASE("derivatives of pooling, to second order") {
  const auto check = [](const Shape& shape, const Shape& window, const ebb::PoolOptions& options) {
    check_gradients([&](const Values& v) { return ebb::max_pool(v[0], window, options); }, {sample(shape)});
    check_gradients([&](const Values& v) { return ebb::average_pool(v[0], window, options); }, {sample(shape)});
  };
  check({2, 6, 3}, 2, {});
  check({7, 2}, 3, {.stride = 2, .padding = 1});
  check({2, 4, 4, 3}, {2, 2}, {});
  check({1, 5, 4, 2}, {3, 2}, {.stride = {2, 1}, .padding = {1, 0}});
  check({1, 1, 1}, {1, 1}, {});
  check({0, 4, 4, 2}, {2, 2}, {});
  check({2, 4, 4, 0}, {2, 2}, {});
}

TEST_CASE("pooling is the same on any number of threads") {
  const auto x = ebb::uniform<float>({4, 33, 31, 16}, ebb::Key{1}, -1, 1);
  CHECK(same_on_any_number_of_threads([&] { return ebb::max_pool(x, {2, 2}); }));
  CHECK(same_on_any_number_of_threads([&] {
    ebb::Tape<float> tape;
    const auto leaf = tape.watch(x);
    return ebb::grad(sum(square(ebb::max_pool(leaf, {3, 3}, {.stride = 2}))), leaf);
  }));
  CHECK(same_on_any_number_of_threads([&] { return ebb::average_pool(x, {2, 2}); }));
}

TEST_CASE("pooling refuses what does not fit, with the caller's line") {
  const auto x = ebb::zeros<float>({8, 8, 3});
  CHECK_ERROR(ebb::max_pool(x, {9, 2}), "max_pool: a window of 9 does not fit into the extent 8 of [8, 8, 3]",
              "pooling_test.cpp");
  CHECK_ERROR(ebb::max_pool(x, {2, 2, 2}),
              "one extent for sequences, or two for images, {height, width}; not [2, 2, 2]");
  CHECK_ERROR(ebb::max_pool(x, {2, 2}, {.padding = 2}), "a padding of 2 is more than half of the window of 2");
  CHECK_ERROR(ebb::average_pool(ebb::zeros<float>({3}), 2),
              "average_pool: x must have the shape [..., length, channels], not [3]");
  CHECK_ERROR(ebb::max_pool(x, {0, 1}, {.stride = 1}), "the window has an extent of 0");
}

TEST_CASE("adaptive pooling of a hand-computed sequence: places see one element more where the extents do not divide") {
  const Tensor<double> sequence({5, 2}, {1, -1, 2, -2, 9, -9, 4, -4, 5, -5});
  // Of 5 elements, 3 places see 0 to 1, 1 to 3, 3 to 4.
  const Tensor<double> largest = ebb::adaptive_max_pool(sequence, 3);
  CHECK(largest.shape() == Shape{3, 2});
  CHECK(largest.to_vector() == std::vector<double>{2, -1, 9, -2, 5, -4});
  check_values(ebb::adaptive_average_pool(sequence, 3), {1.5, -1.5, 5, -5, 4.5, -4.5});
  check_values(ebb::adaptive_average_pool(sequence, 1), {4.2, -4.2});
  // More places than elements: some see the same.
  CHECK(ebb::adaptive_max_pool(Tensor<double>({2, 1}, {3, 4}), 3).to_vector() == std::vector<double>{3, 4, 4});
}

TEST_CASE("adaptive pooling of images to extents that divide theirs is pooling with a window") {
  const Tensor<double> images = sample({2, 6, 4, 3});
  CHECK(ebb::adaptive_max_pool(images, {3, 2}).to_vector() == ebb::max_pool(images, {2, 2}).to_vector());
  check_values(ebb::adaptive_average_pool(images, {3, 2}), ebb::average_pool(images, {2, 2}).to_vector());
  check_values(ebb::adaptive_average_pool(images, {1, 1}), mean(images, {1, 2}).to_vector());
  CHECK(ebb::adaptive_average_pool(images, {6, 4}).to_vector() == images.to_vector());
}

TEST_CASE("an infinity or a NaN reaches the places that see it, and no others, by adaptive pooling") {
  const Tensor<double> x({5, 1}, {1, 2, inf, not_a_number, 5});
  const Tensor<double> means = ebb::adaptive_average_pool(x, 3), largest = ebb::adaptive_max_pool(x, 3);
  CHECK(means.at({0, 0}) == 1.5);
  CHECK(std::isnan(means.at({1, 0})));
  CHECK(largest.at({0, 0}) == 2);
  CHECK(std::isnan(largest.at({2, 0})));
  CHECK(ebb::adaptive_average_pool(Tensor<double>({3, 1}, {inf, 1, 1}), 2).to_vector() == std::vector<double>{inf, 1});
}

TEST_CASE(
    "of several largest that a place of an adaptive pooling sees, the first in row-major order gets the adjoint") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2, 2, 1}, {1, 2, 2, 2}));
  CHECK(ebb::grad(sum(ebb::adaptive_max_pool(x, {1, 1})), x).to_vector() == std::vector<double>{0, 1, 0, 0});
}

TEST_CASE("derivatives of adaptive pooling, to second order") {
  const auto check = [](const Shape& shape, const Shape& extents) {
    check_gradients([&](const Values& v) { return ebb::adaptive_max_pool(v[0], extents); }, {sample(shape)});
    check_gradients([&](const Values& v) { return ebb::adaptive_average_pool(v[0], extents); }, {sample(shape)});
  };
  check({2, 5, 3}, 3);
  check({7, 2}, 2);
  check({2, 2}, 3);
  check({2, 5, 4, 2}, {3, 3});
  check({1, 4, 4, 2}, {2, 1});
  check({0, 4, 4, 2}, {3, 2});
  check({2, 4, 4, 0}, {3, 2});
}

TEST_CASE("adaptive pooling refuses what does not fit, with the caller's line") {
  const auto x = ebb::zeros<float>({8, 8, 3});
  CHECK_ERROR(ebb::adaptive_max_pool(x, {2, 2, 2}),
              "adaptive_max_pool: the result has one extent for sequences, or two for images, {height, width}; not "
              "[2, 2, 2]",
              "pooling_test.cpp");
  CHECK_ERROR(ebb::adaptive_average_pool(x, {2, 0}),
              "adaptive_average_pool: the result cannot have the extents [2, 0]");
  CHECK_ERROR(ebb::adaptive_average_pool(ebb::zeros<float>({3}), 2),
              "adaptive_average_pool: x must have the shape [..., length, channels], not [3]");
  CHECK_ERROR(ebb::adaptive_max_pool(ebb::zeros<float>({2, 0, 3}), 2), "x of shape [2, 0, 3] has nothing to pool");
}
