#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/parameters.hpp"

using namespace ebb_test;
using ebb::nn::ParameterList;

namespace {

/// The values of a parameter that starts at 1 and gets the gradients 2, -1 and 0.5, after each step.
template <class Optimizer, class Options>
std::vector<double> run(Options options) {
  Parameter<double> w = scalar(1);
  Optimizer optimizer(list_of({&w}), options);
  std::vector<double> values;
  for (double gradient : {2.0, -1.0, 0.5}) {
    set_gradient(w, gradient);
    optimizer.step();
    values.push_back(w.value().item());
  }
  return values;
}

void check_values(const std::vector<double>& values, const std::vector<double>& expected) {
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("SGD steps against the gradient") {
  check_values(run<ebb::nn::SGD<double>>(ebb::nn::SGDOptions{.lr = 0.1}), {0.8, 0.9, 0.85});
}

TEST_CASE("SGD with weight decay adds the weight to the gradient") {
  // 1 - 0.1 (2 + 0.5), 0.75 - 0.1 (-1 + 0.375), 0.8125 - 0.1 (0.5 + 0.40625)
  check_values(run<ebb::nn::SGD<double>>(ebb::nn::SGDOptions{.lr = 0.1, .weight_decay = 0.5}),
               {0.75, 0.8125, 0.721875});
}

TEST_CASE("SGD with momentum") {
  // v = 2, 0.8, 1.22
  check_values(run<ebb::nn::SGD<double>>(ebb::nn::SGDOptions{.lr = 0.1, .momentum = 0.9}), {0.8, 0.72, 0.598});
}

TEST_CASE("SGD with Nesterov's momentum looks one step ahead") {
  // g + 0.9 v = 3.8, -0.28, 1.598
  check_values(run<ebb::nn::SGD<double>>(ebb::nn::SGDOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true}),
               {0.62, 0.648, 0.4882});
}

TEST_CASE("Adam corrects the running means for their start at zero") {
  // beta1 = 0.5, beta2 = 0.75: m = 1, 0, 0.25 over 1 - 0.5^t; v = 1, 1, 0.8125 over 1 - 0.75^t
  const double third = (0.25 / 0.875) / std::sqrt(0.8125 / (1 - 0.421875));
  check_values(run<ebb::nn::Adam<double>>(ebb::nn::AdamOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0}),
               {0.9, 0.9, 0.9 - 0.1 * third});
}

TEST_CASE("Adam's epsilon is added to the corrected root") {
  // first step: m = g, sqrt(v) = |g| after correction
  CHECK(run<ebb::nn::Adam<double>>(ebb::nn::AdamOptions{.lr = 0.1, .epsilon = 2})[0] ==
        doctest::Approx(1 - 0.1 * 2 / (2 + 2)));
}

TEST_CASE("Adam's weight decay goes through the running means, AdamW's past them") {
  // Adam: g = 2 + 0.5, of which the first step sees only the sign
  CHECK(run<ebb::nn::Adam<double>>(ebb::nn::AdamOptions{.lr = 0.1, .epsilon = 0, .weight_decay = 0.5})[0] ==
        doctest::Approx(0.9));
  // AdamW: 1 - 0.1 0.5 - 0.1
  CHECK(run<ebb::nn::AdamW<double>>(ebb::nn::AdamWOptions{.lr = 0.1, .epsilon = 0, .weight_decay = 0.5})[0] ==
        doctest::Approx(0.85));
}

TEST_CASE("AdamW over three steps") {
  const double third = (0.25 / 0.875) / std::sqrt(0.8125 / (1 - 0.421875));
  const double w1 = 0.95 - 0.1, w2 = 0.95 * w1, w3 = 0.95 * w2 - 0.1 * third;
  check_values(run<ebb::nn::AdamW<double>>(
                   ebb::nn::AdamWOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0, .weight_decay = 0.5}),
               {w1, w2, w3});
}

TEST_CASE("RMSProp divides by the root of the running mean square") {
  // v = 1, 1, 0.8125
  check_values(run<ebb::nn::RMSProp<double>>(ebb::nn::RMSPropOptions{.lr = 0.1, .decay = 0.75, .epsilon = 1}),
               {0.9, 0.95, 0.95 - 0.1 * 0.5 / (std::sqrt(0.8125) + 1)});
}

TEST_CASE("RMSProp with weight decay adds the weight to the gradient") {
  // g = 2.5, v = 0.25 6.25
  CHECK(run<ebb::nn::RMSProp<double>>(ebb::nn::RMSPropOptions{
            .lr = 0.1, .decay = 0.75, .epsilon = 0, .weight_decay = 0.5})[0] == doctest::Approx(1 - 0.1 * 2.5 / 1.25));
}

TEST_CASE("NAdam takes the mean one step ahead, and the gradient with it") {
  // beta1 = 0.5: m = 1, 0, 0.25; ahead 0.5 m / (1 - 0.5^(t+1)) + 0.5 g / (1 - 0.5^t)
  const double root3 = std::sqrt(0.8125 / (1 - 0.421875));
  const double first = (0.5 / 0.75 + 1 / 0.5) / 2, second = (0 - 0.5 / 0.75) / std::sqrt(1 / (1 - 0.5625));
  const double third = (0.125 / 0.9375 + 0.25 / 0.875) / root3;
  check_values(run<ebb::nn::Adam<double>>(
                   ebb::nn::AdamOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0, .nesterov = true}),
               {1 - 0.1 * first, 1 - 0.1 * (first + second), 1 - 0.1 * (first + second + third)});
}

TEST_CASE("AMSGrad divides by the largest mean square so far") {
  // beta2 = 0.75: v = 1, 1, 0.8125, of which the largest is 1
  const double third = (0.25 / 0.875) / std::sqrt(1 / (1 - 0.421875));
  check_values(run<ebb::nn::Adam<double>>(
                   ebb::nn::AdamOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0, .amsgrad = true}),
               {0.9, 0.9, 0.9 - 0.1 * third});
  CHECK(run<ebb::nn::AdamW<double>>(ebb::nn::AdamWOptions{
            .lr = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 0, .weight_decay = 0, .amsgrad = true})[2] ==
        doctest::Approx(0.9 - 0.1 * third));
}

TEST_CASE("Adagrad divides by the root of the sum of squares") {
  // v = 4, 5, 5.25
  check_values(run<ebb::nn::Adagrad<double>>(ebb::nn::AdagradOptions{.lr = 0.1, .epsilon = 0}),
               {0.9, 0.9 + 0.1 / std::sqrt(5), 0.9 + 0.1 / std::sqrt(5) - 0.05 / std::sqrt(5.25)});
  // g = 2.5, v = 6.25
  CHECK(run<ebb::nn::Adagrad<double>>(ebb::nn::AdagradOptions{.lr = 0.1, .epsilon = 1, .weight_decay = 0.5})[0] ==
        doctest::Approx(1 - 0.1 * 2.5 / 3.5));
}

TEST_CASE("Lion steps by its rate, along the sign of mean and gradient together") {
  // beta1 = 0.5, beta2 = 0.75: m = 0.5, 0.125; signs of 1, -0.25, 0.3125
  check_values(run<ebb::nn::Lion<double>>(ebb::nn::LionOptions{.lr = 0.125, .beta1 = 0.5, .beta2 = 0.75}),
               {0.875, 1, 0.875});
  // 1 - 0.125 0.5 - 0.125
  CHECK(run<ebb::nn::Lion<double>>(ebb::nn::LionOptions{.lr = 0.125, .weight_decay = 0.5})[0] == 0.8125);
}

TEST_CASE("Lion does not move a weight without gradient and mean") {
  Parameter<double> w = scalar(1);
  ebb::nn::Lion optimizer(w, {.lr = 0.5});
  set_gradient(w, 0);
  optimizer.step();
  CHECK(w.value().item() == 1);
}

TEST_CASE("a step clears the gradients, counts itself and reports the norm") {
  Parameter<double> a = scalar(1), b = scalar(1);
  ebb::nn::SGD optimizer(list_of({&a, &b}), {.lr = 0.1});
  set_gradient(a, 3), set_gradient(b, 4);
  const auto report = optimizer.step();
  CHECK(report.step == 1);
  CHECK(report.updated == 2);
  CHECK(report.learning_rate == 0.1);
  CHECK(report.norm_before == 5);
  CHECK(report.norm_after == 5);
  CHECK(!report.clipped());
  CHECK(!a.gradient().defined());
  CHECK(!b.gradient().defined());
}

TEST_CASE("an optimizer clips by norm when asked to") {
  Parameter<double> a = scalar(0), b = scalar(0);
  ebb::nn::SGD optimizer(list_of({&a, &b}), {.lr = 1, .clip = ebb::nn::clip_by_norm(1.0)});
  set_gradient(a, 3), set_gradient(b, 4);
  const auto report = optimizer.step();
  CHECK(report.norm_before == 5);
  CHECK(report.norm_after == 1);
  CHECK(report.share_clipped == 1);
  CHECK(a.value().item() == doctest::Approx(-0.6));
  CHECK(b.value().item() == doctest::Approx(-0.8));
}

TEST_CASE("an optimizer clips by value when asked to") {
  Parameter<double> a = scalar(0), b = scalar(0);
  ebb::nn::SGD optimizer(list_of({&a, &b}), {.lr = 1, .clip = ebb::nn::clip_by_value(0.5)});
  set_gradient(a, 0.25), set_gradient(b, -4);
  const auto report = optimizer.step();
  CHECK(report.norm_before == doctest::Approx(std::hypot(0.25, 4)));
  CHECK(report.norm_after == doctest::Approx(std::hypot(0.25, 0.5)));
  CHECK(report.share_clipped == 0.5);
  CHECK(a.value().item() == -0.25);
  CHECK(b.value().item() == 0.5);
}

TEST_CASE("a gradient that is not finite stops the step, names the parameter and leaves all as it was") {
  for (double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    Parameter<double> a = scalar(1, "first"), b = scalar(2, "blocks.3.attention.query.weight");
    ebb::nn::AdamW optimizer(list_of({&a, &b}), {.lr = 0.1, .clip = ebb::nn::clip_by_norm(1.0)});
    set_gradient(a, 3), set_gradient(b, bad);
    CHECK_ERROR(optimizer.step(), "'blocks.3.attention.query.weight' is not finite");
    CHECK(a.value().item() == 1);
    CHECK(b.value().item() == 2);
    CHECK(a.gradient().item() == 3);
    CHECK(b.gradient().defined());
    set_gradient(b, 4);
    CHECK(optimizer.step().step == 1);
  }
}

TEST_CASE("parameters that are frozen or have no gradient are passed over") {
  Parameter<double> a = scalar(1), frozen = scalar(1), unused = scalar(1);
  frozen.set_trainable(false);
  ebb::nn::SGD optimizer(list_of({&a, &frozen, &unused}), {.lr = 0.5, .weight_decay = 1});
  set_gradient(a, 0), set_gradient(frozen, std::nan(""));
  CHECK(optimizer.step().updated == 1);
  CHECK(a.value().item() == 0.5);
  CHECK(frozen.value().item() == 1);
  CHECK(unused.value().item() == 1);
}

TEST_CASE("Adam counts the steps of each parameter by itself") {
  Parameter<double> a = scalar(0), b = scalar(0);
  ebb::nn::Adam optimizer(list_of({&a, &b}), {.lr = 0.1, .epsilon = 0});
  for (int step = 0; step < 3; ++step) set_gradient(a, 1), optimizer.step();
  set_gradient(b, 7);
  optimizer.step();
  CHECK(b.value().item() == doctest::Approx(-0.1));
}

TEST_CASE("a tied parameter is stepped once") {
  Parameter<double> a = scalar(1), b = scalar(5);
  ebb::tie(a, b);
  ebb::nn::SGD optimizer(list_of({&a, &b}), {.lr = 0.1});
  set_gradient(b, 1);
  CHECK(optimizer.step().updated == 1);
  CHECK(a.value().item() == doctest::Approx(0.9));
}

TEST_CASE("values are written in place unless somebody else holds them") {
  Parameter<double> w = scalar(1);
  ebb::nn::SGD optimizer(list_of({&w}), {.lr = 0.5});
  const double* place = w.state().value.data();
  set_gradient(w, 1);
  optimizer.step();
  CHECK(w.state().value.data() == place);
  const Tensor<double> held = w.value();
  set_gradient(w, 1);
  optimizer.step();
  CHECK(held.item() == 0.5);
  CHECK(w.value().item() == 0);
}

TEST_CASE("in a training loop on a tape, values are written in place") {
  Parameter<float> w(Array<float>({2}, {1, 2}));
  ebb::nn::ParameterList<float> list;
  list.add(w);
  ebb::nn::SGD optimizer(list, {.lr = 0.25});
  const float* place = w.state().value.data();
  for (int step = 0; step < 2; ++step) {
    ebb::Tape<float> tape;
    tape.backward(ebb::sum_to(w * w, {}));
    optimizer.step();
  }
  CHECK(w.state().value.data() == place);
  CHECK(w.value().to_vector() == std::vector<float>{0.25, 0.5});
}

TEST_CASE("an optimizer can be moved, and steps the same parameters, but not copied") {
  Parameter<double> w = scalar(1);
  ebb::nn::SGD<double> first(list_of({&w}), {.lr = 0.5});
  ebb::nn::SGD<double> optimizer(std::move(first));
  set_gradient(w, 1);
  CHECK(optimizer.step().updated == 1);
  CHECK(w.value().item() == 0.5);
  optimizer = ebb::nn::SGD<double>(list_of({&w}), {.lr = 0.25});
  set_gradient(w, 1);
  optimizer.step();
  CHECK(w.value().item() == 0.25);
  static_assert(!std::is_copy_constructible_v<ebb::nn::AdamW<double>>);
}

TEST_CASE("the learning rate can be set between steps") {
  Parameter<double> w = scalar(1);
  ebb::nn::SGD optimizer(list_of({&w}), {.lr = 0.5});
  CHECK(optimizer.learning_rate() == 0.5);
  optimizer.set_learning_rate(0.25);
  CHECK(optimizer.learning_rate() == 0.25);
  set_gradient(w, 1);
  CHECK(optimizer.step().learning_rate == 0.25);
  CHECK(w.value().item() == 0.75);
}

TEST_CASE("k walks over equal parts of a batch, each with 1/k of its loss, are a walk over the whole") {
  ebb::Generator generator(3);
  const ebb::nn::Linear<double> whole(4, 3, generator), parted(4, 3, generator);
  ebb::nn::parameters(parted).set_values(ebb::nn::parameters(whole).values());
  const auto x = ebb::normal<double>({12, 4}, ebb::Key{1}), y = ebb::normal<double>({12, 3}, ebb::Key{2});
  const ebb::nn::AdamWOptions options{.lr = 0.1, .clip = ebb::nn::clip_by_norm(0.5)};
  ebb::nn::AdamW<double> of_whole(whole, options), of_parts(parted, options);
  for (int step = 0; step < 3; ++step) {
    ebb::Tape<double> tape;
    tape.backward(mean_squared_error(whole(x), y));
    const auto report = of_whole.step();
    for (ebb::Index part = 0; part < 4; ++part) {
      const auto rows = [part](const auto& t) { return slice(t, 0, {3 * part, 3 * part + 3}); };
      ebb::Tape<double> of_part;
      of_part.backward(mean_squared_error(parted(rows(x)), rows(y)) / 4);
    }
    const auto report_of_parts = of_parts.step();
    CHECK(report_of_parts.clipped());
    CHECK(report_of_parts.norm_before == doctest::Approx(report.norm_before).epsilon(1e-12));
  }
  const auto a = whole.weight.value().to_vector(), b = parted.weight.value().to_vector();
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("settings that make no sense are refused") {
  Parameter<double> w = scalar(1, "w");
  const auto list = list_of({&w});
  CHECK_ERROR(ebb::nn::SGD(list, {.lr = -1}), "the learning rate must be");
  CHECK_ERROR(ebb::nn::SGD(list, {.momentum = 1}), "the momentum must be at least 0 and less");
  CHECK_ERROR(ebb::nn::SGD(list, {.nesterov = true}), "needs a momentum");
  CHECK_ERROR(ebb::nn::AdamW(list, {.beta2 = 1}), "beta2");
  CHECK_ERROR(ebb::nn::RMSProp(list, {.weight_decay = std::nan("")}), "weight decay");
  CHECK_ERROR(ebb::nn::SGD<double>({{.parameters = list}, {.parameters = list}}), "'w' is in two groups");
  CHECK_ERROR(ebb::nn::SGD<double>({{.parameters = list, .lr = 0.1}}, {.lr = 0}),
              "the optimizer's is 0; give the optimizer the usual one");
  ebb::nn::SGD optimizer(list);
  CHECK_THROWS_WITH_AS(optimizer.set_learning_rate(std::nan("")),
                       "the learning rate must be a finite number of at least 0, not nan", ebb::Error);
}
