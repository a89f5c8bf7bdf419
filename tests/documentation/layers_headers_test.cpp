// As headers_test.cpp, of the layers over images and sequences.
#include "documentation/fixture.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("a buffer") {
  const int width = 3;
  ebb::Parameter<float> mean = ebb::buffer(ebb::zeros<float>({width}), "mean");
  CHECK(mean.is_buffer());
}

TEST_CASE_FIXTURE(Fixture, "convolutions and pooling of images") {
  const Tensor<double> images = sample({2, 8, 8, 3}), weight = sample({3, 3, 3, 4}), bias = sample({4});
  Tensor<double> y;
  y = convolution(images, weight, bias, {.stride = 2, .padding = 1});
  CHECK(y.shape() == Shape{2, 4, 4, 4});
  y = max_pool(images, {2, 2});
  CHECK(y.shape() == Shape{2, 4, 4, 3});
  y = adaptive_average_pool(images, {7, 7});
  CHECK(y.shape() == Shape{2, 7, 7, 3});
  ebb::nn::AdaptiveAveragePool squares({2, 2});
  CHECK(squares(ebb::zeros<float>({5, 3, 1})).shape() == Shape{2, 2, 1});
  ebb::nn::Conv2d first(3, 64, 7, generator, {.stride = 2, .padding = 3});
  ebb::nn::MaxPool pool({2, 2});
  CHECK(pool(first(ebb::zeros<float>({1, 8, 8, 3}))).shape() == Shape{1, 2, 2, 64});
}

TEST_CASE_FIXTURE(Fixture, "a long sequence in parts") {
  const ebb::nn::LSTM lstm(3, 4, generator);
  const auto first_part = ebb::zeros<float>({2, 5, 3}), second_part = ebb::zeros<float>({2, 6, 3});
  auto [y, states] = lstm.run(first_part);
  auto [next_y, next_states] = lstm.run(second_part, states);
  CHECK(next_y.shape() == Shape{2, 6, 4});
}
