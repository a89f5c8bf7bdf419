#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("Conv1d and Conv2d are convolutions with their own weight and bias, which starts at 0") {
  Generator generator(1);
  nn::Conv1d<double> line(4, 6, 3, generator, {.stride = 2, .padding = 1, .groups = 2});
  CHECK(line.weight.shape() == Shape{3, 2, 6});
  CHECK(line.bias.value().to_vector() == std::vector<double>(6, 0));
  const Tensor<double> x = sample({2, 7, 4});
  CHECK(line(x).shape() == Shape{2, 4, 6});
  CHECK(line(x).to_vector() == ebb::convolution(x, line.weight, {.stride = 2, .padding = 1, .groups = 2}).to_vector());
  line.bias.set_value(ebb::ones<double>({6}));
  check_values(line(x) - 1, ebb::convolution(x, line.weight, {.stride = 2, .padding = 1, .groups = 2}).to_vector());

  const nn::Conv2d<double> square(2, 3, 3, generator, {.padding = 1, .bias = false}), wide(2, 3, {1, 2}, generator);
  CHECK(square.weight.shape() == Shape{3, 3, 2, 3});
  CHECK(wide.weight.shape() == Shape{1, 2, 2, 3});
  CHECK(nn::parameters<double>(square).size() == 1);
  CHECK(square(sample({2, 5, 4, 2})).shape() == Shape{2, 5, 4, 3});
  CHECK(wide(sample({5, 4, 2})).shape() == Shape{5, 3, 3});
}

TEST_CASE("ConvTranspose1d and ConvTranspose2d lead back to the size of the convolution's input") {
  Generator generator(1);
  const nn::Conv2d<double> there(2, 6, 3, generator, {.stride = 2, .padding = 1, .groups = 2});
  const nn::ConvTranspose2d<double> back(6, 2, 3, generator,
                                         {.stride = 2, .padding = 1, .groups = 2, .output_padding = 1});
  CHECK(back.weight.shape() == Shape{3, 3, 1, 6});
  CHECK(back(there(sample({1, 6, 8, 2}))).shape() == Shape{1, 6, 8, 2});
  const nn::ConvTranspose1d<double> line(3, 2, 4, generator, {.stride = 2, .bias = false});
  CHECK(line.weight.shape() == Shape{4, 2, 3});
  const Tensor<double> x = sample({2, 5, 3});
  CHECK(line(x).to_vector() == ebb::transposed_convolution(x, line.weight, {.stride = 2}).to_vector());
}

TEST_CASE("a convolution's weight starts with the variance of all that a unit sees, whatever the groups") {
  Generator generator(1);
  const auto variance_of = [](const Tensor<double>& w) { return ebb::variance(w).item(); };
  const nn::Conv2d<double> whole(32, 64, 3, generator), groups(64, 64, 3, generator, {.groups = 2});
  CHECK(variance_of(whole.weight.value()) == Approx(2.0 / (9 * 32)).epsilon(0.05));
  CHECK(variance_of(groups.weight.value()) == Approx(2.0 / (9 * 32)).epsilon(0.05));
  const nn::Conv2d<double> xavier(32, 64, 3, generator, {.init = nn::Init::xavier_normal()});
  CHECK(variance_of(xavier.weight.value()) == Approx(2.0 / (9 * 32 + 9 * 64)).epsilon(0.05));
  const nn::ConvTranspose2d<double> back(32, 64, 3, generator);
  CHECK(variance_of(back.weight.value()) == Approx(2.0 / (9 * 32)).epsilon(0.05));
}

TEST_CASE("pooling layers are the ops, and stand in a small network with convolutions") {
  const Tensor<double> x = sample({2, 6, 6, 3});
  CHECK(nn::MaxPool<double>({2, 2})(x).to_vector() == ebb::max_pool(x, {2, 2}).to_vector());
  CHECK(nn::AdaptiveMaxPool<double>({3, 2})(x).to_vector() == ebb::adaptive_max_pool(x, {3, 2}).to_vector());
  CHECK(nn::AdaptiveAveragePool<double>({3, 2})(x).to_vector() == ebb::adaptive_average_pool(x, {3, 2}).to_vector());
  CHECK(nn::AveragePool<double>({3, 3}, {.stride = 1})(x).to_vector() ==
        ebb::average_pool(x, {3, 3}, {.stride = 1}).to_vector());
  Generator generator(1);
  const auto flatten = [](const Tensor<double>& images) { return reshape(images, {images.extent(0), -1}); };
  const nn::Sequential net(nn::Conv2d<double>(3, 4, 3, generator, {.padding = 1}), nn::BatchNorm<double>(4),
                           nn::Activation::gelu, nn::MaxPool<double>({2, 2}), flatten,
                           nn::Linear<double>(3 * 3 * 4, 2, generator));
  CHECK(net(x).shape() == Shape{2, 2});
  CHECK(nn::parameters(net)[0].name() == "0.weight");
  check_gradients([&](const Values& v) { return net(v[0]); }, {x});
}

TEST_CASE("derivatives of convolution layers with respect to the input") {
  Generator generator(1);
  const nn::Conv1d<double> line(2, 3, 3, generator, {.padding = 1});
  const nn::ConvTranspose1d<double> back(3, 2, 2, generator, {.stride = 2});
  check_gradients([&](const Values& v) { return back(line(v[0])); }, {sample({2, 4, 2})});
}

TEST_CASE("convolution layers refuse what they cannot have, by their names") {
  Generator generator(1);
  CHECK_ERROR(nn::Conv1d<float>(-1, 3, 3, generator), "Conv1d(-1, 3): a size must be within 0");
  CHECK_ERROR(nn::Conv1d<float>(2, 3, 0, generator), "Conv1d: a window of [0] is none");
  CHECK_ERROR(nn::Conv1d<float>(2, 3, -4, generator), "Conv1d(-4)");
  CHECK_ERROR((nn::Conv2d<float>(2, 3, {1, 2, 3}, generator)), "Conv2d: the window is {height, width}, or one number");
  CHECK_ERROR(nn::Conv2d<float>(2, 3, 3, generator, {.groups = 2}),
              "Conv2d(2, 3): 2 groups do not divide the channels");
  CHECK_ERROR(nn::ConvTranspose2d<float>(2, 3, 3, generator, {.groups = 0}), "ConvTranspose2d(2, 3): 0 groups");
  const nn::Conv2d<float> layer(3, 4, 3, generator);
  CHECK_ERROR(layer(ebb::zeros<float>({2, 3, 8, 8})), "has 8 channels in its last axis", "convolution_test.cpp");
}
