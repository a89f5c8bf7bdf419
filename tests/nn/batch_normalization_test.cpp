#include <cmath>

#include "support/check.hpp"
#include "support/files.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("BatchNorm in training takes the batch's mean and variance, and has the running ones follow") {
  const nn::BatchNorm<double> norm(2, {.epsilon = 0, .momentum = 0.25});
  const Tensor<double> x({2, 2}, {1, 10, 3, 30});
  check_values(norm(x, ebb::Key{1}), {-1, -1, 1, 1});
  check_values(norm.running_mean.value(), {0.25 * 2, 0.25 * 20});
  check_values(norm.running_variance.value(), {0.75 + 0.25 * 2, 0.75 + 0.25 * 200});  // unbiased
  check_values(norm.train(x), {-1, -1, 1, 1});
  check_values(norm.running_mean.value(), {0.75 * 0.5 + 0.25 * 2, 0.75 * 5 + 0.25 * 20});
}

TEST_CASE("BatchNorm in evaluation takes the running mean and variance, and leaves them as they are") {
  nn::BatchNorm<double> norm(2, {.epsilon = 0});
  norm.running_mean.set_value(Array<double>({2}, {1, 2}));
  norm.running_variance.set_value(Array<double>({2}, {4, 9}));
  const Tensor<double> x({1, 2}, {5, 8});
  check_values(norm(x), {2, 2});
  check_values(norm.evaluate(x), {2, 2});
  CHECK(norm.running_mean.value().to_vector() == std::vector<double>{1, 2});
}

TEST_CASE("BatchNorm's running values are buffers, saved with the model, and neither recorded nor trained") {
  const nn::BatchNorm<double> norm(3), other(3);
  const auto list = nn::parameters(norm);
  REQUIRE(list.size() == 4);
  CHECK(list[2].name() == "running_mean");
  CHECK(list[3].is_buffer());
  CHECK(list.count() == 6);
  Tape<double> tape;
  const Tensor<double> y = norm(sample({4, 3}), ebb::Key{1});
  tape.backward(sum(square(y)));
  CHECK(norm.gain.gradient().defined());
  CHECK_FALSE(norm.running_mean.gradient().defined());
  const TemporaryFolder folder;
  nn::save(folder.path + "/norm.safetensors", list);
  nn::load(folder.path + "/norm.safetensors", nn::parameters(other));
  CHECK(other.running_mean.value().to_vector() == norm.running_mean.value().to_vector());
}

TEST_CASE("Sequential has BatchNorm train when it gets a key, and evaluate when it gets none") {
  Generator generator(1);
  const nn::Sequential net(nn::Linear<double>(2, 3, generator), nn::BatchNorm<double>(3));
  const auto& norm = std::get<1>(net.layers);
  const Tensor<double> x = sample({5, 2});
  (void)net(x);
  CHECK(norm.running_mean.value().to_vector() == std::vector<double>{0, 0, 0});
  (void)net(x, ebb::Key{1});
  CHECK(norm.running_mean.value().to_vector() != std::vector<double>{0, 0, 0});
}

TEST_CASE("GroupNorm and InstanceNorm start as plain normalisation of groups and of channels") {
  const Tensor<double> x = sample({2, 3, 4});
  const Tensor<double> one = ebb::ones<double>({4}), none = ebb::zeros<double>({4});
  CHECK(nn::GroupNorm<double>(2, 4)(x).to_vector() == ebb::group_norm(x, 2, one, none).to_vector());
  CHECK(nn::InstanceNorm<double>(4)(x).to_vector() == ebb::group_norm(x, 4, one, none).to_vector());
}

TEST_CASE("derivatives of BatchNorm, GroupNorm and InstanceNorm with respect to the input") {
  const nn::BatchNorm<double> training(4), batch(4);
  const nn::GroupNorm<double> group(2, 4);
  const nn::InstanceNorm<double> instance(4);
  check_gradients([&](const Values& v) { return instance(group(batch(training.train(v[0])))); }, {sample({2, 3, 4})});
}

TEST_CASE("norms of channels refuse what they cannot have, by their names") {
  CHECK_ERROR(nn::BatchNorm<float>(-1), "BatchNorm(-1)");
  CHECK_ERROR(nn::BatchNorm<float>(3, {.epsilon = -1}), "BatchNorm: the epsilon");
  CHECK_ERROR(nn::BatchNorm<float>(3, {.momentum = 2}), "BatchNorm: the momentum must be within [0, 1], not 2");
  CHECK_ERROR(nn::GroupNorm<float>(3, 4), "GroupNorm(3, 4): the groups do not divide the channels");
  CHECK_ERROR(nn::GroupNorm<float>(0, 4), "GroupNorm(0, 4)");
  CHECK_ERROR(nn::InstanceNorm<float>(4, NAN), "InstanceNorm: the epsilon");
  const nn::BatchNorm<float> norm(3);
  CHECK_ERROR(norm(ebb::zeros<float>({1, 3}), ebb::Key{1}),
              "BatchNorm: one number for each channel, in x of shape [1, 3], has no variance to train with",
              "batch_normalization_test.cpp");
  CHECK(norm.running_variance.value().to_vector() == std::vector<float>{1, 1, 1});
}
