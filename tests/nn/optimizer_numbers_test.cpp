// Properties of single elements and of numbers at the edges of their range, for every optimizer.
#include <cmath>

#include "support/check.hpp"

using namespace ebb_test;
using ebb::nn::ParameterList;

namespace {

/// The values of a parameter after three steps of an optimizer; its values and gradients are drawn by element number,
/// `count` of them from `first` on.
template <class T, class Optimizer, class Options>
std::vector<T> stepped(Options options, ebb::Index first, ebb::Index count) {
  const auto drawn = [&](std::uint64_t seed) {
    const std::vector<T> all = ebb::uniform<T>({first + count}, ebb::Key{seed}, -1, 1).to_vector();
    return Array<T>({count}, std::span<const T>(all).subspan(static_cast<std::size_t>(first)));
  };
  Parameter<T> w(drawn(1));
  ParameterList<T> list;
  list.add(w);
  Optimizer optimizer(list, options);
  for (std::uint64_t seed : {2U, 3U, 4U}) {
    w.set_gradient(drawn(seed));
    optimizer.step();
  }
  return w.value().to_vector();
}

template <class T, class Optimizer, class Options>
void check_that_elements_stand_alone(Options options) {
  for (const ebb::Index n : {2, 3, 5, 8, 15, 16, 17, 33, 70, 20000}) {
    CAPTURE(n);
    const std::vector<T> whole = stepped<T, Optimizer>(options, 0, n);
    for (const ebb::Index i : {ebb::Index{0}, n / 2, n - 1})
      CHECK(whole[static_cast<std::size_t>(i)] == stepped<T, Optimizer>(options, i, 1)[0]);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("each element is stepped as if it were alone", T, float, double) {
  using namespace ebb::nn;
  const Clip clip = clip_by_value(0.5);
  check_that_elements_stand_alone<T, SGD<T>>(SGDOptions{.lr = 0.1, .weight_decay = 0.1, .clip = clip});
  check_that_elements_stand_alone<T, SGD<T>>(SGDOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true, .clip = clip});
  check_that_elements_stand_alone<T, Adam<T>>(AdamOptions{.lr = 0.1, .weight_decay = 0.1, .clip = clip});
  check_that_elements_stand_alone<T, AdamW<T>>(AdamWOptions{.lr = 0.1, .clip = clip});
  check_that_elements_stand_alone<T, RMSProp<T>>(RMSPropOptions{.lr = 0.1, .weight_decay = 0.1, .clip = clip});
  check_that_elements_stand_alone<T, Adam<T>>(AdamOptions{.lr = 0.1, .nesterov = true, .amsgrad = true, .clip = clip});
  check_that_elements_stand_alone<T, Adagrad<T>>(AdagradOptions{.lr = 0.1, .weight_decay = 0.1, .clip = clip});
  check_that_elements_stand_alone<T, Lion<T>>(LionOptions{.lr = 0.1, .weight_decay = 0.1, .clip = clip});
}

TEST_CASE("optimizers and clipping are the same on any number of threads") {
  using namespace ebb::nn;
  const auto after = [](auto make) {
    return [make] {
      ParameterList<float> list;
      Parameter<float> w(ebb::uniform<float>({100003}, ebb::Key{1}, -1, 1).value());
      list.add(w);
      auto optimizer = make(list);
      std::vector<double> result;
      for (std::uint64_t seed : {2U, 3U}) {
        w.set_gradient(ebb::uniform<float>({100003}, ebb::Key{seed}, -1, 1).value());
        result.push_back(optimizer.step().norm_before);
      }
      for (const float value : w.value().to_vector()) result.push_back(static_cast<double>(value));
      return Array<double>({static_cast<ebb::Index>(result.size())}, std::span<const double>(result));
    };
  };
  CHECK(same_on_any_number_of_threads(
      after([](const auto& list) { return AdamW<float>(list, {.clip = clip_by_norm(1)}); })));
  CHECK(same_on_any_number_of_threads(
      after([](const auto& list) { return SGD<float>(list, {.momentum = 0.9, .clip = clip_by_value(0.5)}); })));
  CHECK(same_on_any_number_of_threads(after([](const auto& list) { return RMSProp<float>(list, {}); })));
  CHECK(same_on_any_number_of_threads(after([](const auto& list) { return Adagrad<float>(list); })));
  CHECK(same_on_any_number_of_threads(after([](const auto& list) { return Lion<float>(list); })));
  CHECK(same_on_any_number_of_threads(
      after([](const auto& list) { return Adam<float>(list, {.amsgrad = true, .clip = clip_adaptively(0.01)}); })));
}

namespace {

/// The values of a float that starts at 1 after steps with these gradients.
template <class Optimizer, class Options>
std::vector<float> run_in_float(Options options, const std::vector<float>& gradients) {
  Parameter<float> w(Array<float>({1}, 1.0f), "w");
  ParameterList<float> list;
  list.add(w);
  Optimizer optimizer(list, options);
  std::vector<float> values;
  for (const float gradient : gradients) {
    w.set_gradient(Array<float>({1}, gradient));
    optimizer.step();
    values.push_back(w.value().item());
  }
  return values;
}

}  // namespace

TEST_CASE("Adam with a beta near 1 takes a whole first step, and keeps its rate, in float") {
  for (const double beta2 : {0.999, 0.999999, 0.99999999})
    for (const float w : run_in_float<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{.lr = 0.1, .beta2 = beta2}, {3}))
      CHECK(w == Approx(0.9).epsilon(1e-6));
  const auto steady = run_in_float<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{.lr = 0.001, .beta2 = 0.999999},
                                                         std::vector<float>(200, 2));
  CHECK(steady.back() == Approx(0.8).epsilon(1e-4));
}

TEST_CASE("one huge gradient is a step as any other to Adam and RMSProp, and does not freeze the weight") {
  for (const float huge : {2e19f, 1e30f, 3e38f}) {
    CAPTURE(huge);
    const auto adam = run_in_float<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{.lr = 0.1}, {huge, 0, huge});
    CHECK(adam[0] == Approx(0.9).epsilon(1e-5));
    CHECK(adam[1] < adam[0]);
    CHECK(adam[2] < adam[1]);
    const auto rms = run_in_float<ebb::nn::RMSProp<float>>(ebb::nn::RMSPropOptions{.lr = 0.01}, {huge, huge});
    CHECK(rms[0] == Approx(0.9).epsilon(1e-5));
    CHECK(rms[1] < rms[0]);
    const auto adagrad =
        run_in_float<ebb::nn::Adagrad<float>>(ebb::nn::AdagradOptions{.lr = 0.1}, {huge / 2, huge / 2});
    CHECK(adagrad[0] == Approx(0.9).epsilon(1e-5));
    CHECK(adagrad[1] == Approx(0.9 - 0.1 / std::sqrt(2)).epsilon(1e-5));
  }
}

TEST_CASE("tiny gradients without epsilon are steps as any other, and none is no step") {
  for (const float tiny : {1e-25f, 1e-35f})
    CHECK(run_in_float<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{.lr = 0.1, .epsilon = 0}, {tiny})[0] ==
          Approx(0.9).epsilon(1e-4));
  CHECK(run_in_float<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{.lr = 0.1, .epsilon = 0}, {0})[0] == 1);
  CHECK(run_in_float<ebb::nn::RMSProp<float>>(ebb::nn::RMSPropOptions{.lr = 0.1, .epsilon = 0}, {0})[0] == 1);
  CHECK(run_in_float<ebb::nn::Adagrad<float>>(ebb::nn::AdagradOptions{.lr = 0.1, .epsilon = 0}, {0})[0] == 1);
}
