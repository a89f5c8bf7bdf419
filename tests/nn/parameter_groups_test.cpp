#include <cmath>
#include <type_traits>

#include "support/check.hpp"
#include "support/parameters.hpp"

using namespace ebb_test;

namespace {

struct TwoDoubles {
  Parameter<double> a = scalar(1), b = scalar(2);
  void visit(auto& field) const { field("a", a), field("b", b); }
};
struct OneFloat {
  Parameter<float> a{Array<float>({1}, 1.0F)};
  void visit(auto& field) const { field("a", a); }
};

}  // namespace

TEST_CASE("an optimizer is made of a model, a list, a parameter or groups, and deduces the number type") {
  const TwoDoubles model;
  const OneFloat floats;
  const auto steps = [&](auto&& optimizer) {
    for (const Parameter<double>* w : {&model.a, &model.b}) w->state().gradient = Array<double>({1}, 1.0);
    return optimizer.step().updated;
  };
  CHECK(steps(ebb::nn::SGD<double>(model)) == 2);
  CHECK(steps(ebb::nn::Adam<double>(model, {.lr = 0.1})) == 2);
  CHECK(steps(ebb::nn::AdamW(ebb::nn::parameters<double>(model), {.lr = 0.1})) == 2);
  CHECK(steps(ebb::nn::RMSProp(model.a, {.lr = 0.1})) == 1);
  CHECK(steps(ebb::nn::SGD<double>({{.parameters = list_of({&model.a}), .lr = 0.1}})) == 1);
  CHECK(steps(ebb::nn::Adagrad(std::vector<ebb::nn::ParameterGroup<double>>{{list_of({&model.b}), 0.1}})) == 1);
  static_assert(std::is_same_v<decltype(ebb::nn::Lion(floats)), ebb::nn::Lion<float>>);
  static_assert(std::is_same_v<decltype(ebb::nn::Muon(floats)), ebb::nn::Muon<float>>);
  static_assert(std::is_same_v<decltype(ebb::nn::LBFGS(model.a)), ebb::nn::LBFGS<double>>);
  static_assert(std::is_same_v<decltype(ebb::nn::EMA(floats, {.decay = 0.9})), ebb::nn::EMA<float>>);
}

TEST_CASE("groups have a learning rate and a weight decay of their own") {
  Parameter<double> a = scalar(1), b = scalar(1);
  ebb::nn::SGD<double> optimizer(
      {{.parameters = list_of({&a})}, {.parameters = list_of({&b}), .lr = 0.05, .weight_decay = 1}}, {.lr = 0.1});
  set_gradient(a, 1), set_gradient(b, 1);
  optimizer.step();
  CHECK(a.value().item() == doctest::Approx(0.9));
  CHECK(b.value().item() == doctest::Approx(0.9));
  optimizer.set_learning_rate(0.2);  // and 0.1 for the second group
  set_gradient(a, 1), set_gradient(b, 1);
  optimizer.step();
  CHECK(a.value().item() == doctest::Approx(0.7));
  CHECK(b.value().item() == doctest::Approx(0.9 - 0.1 * 1.9));
}

TEST_CASE("groups have a momentum, betas, a decay and an epsilon of their own") {
  const auto after_two_steps = [](auto optimizer, Parameter<double>& w) {
    for (double gradient : {2.0, -1.0}) {
      set_gradient(w, gradient);
      optimizer.step();
    }
    return w.value().item();
  };
  Parameter<double> w = scalar(1);
  using Groups = std::vector<ebb::nn::ParameterGroup<double>>;
  const auto check_as = [&](auto grouped, auto whole) {
    w.set_value(Array<double>({1}, 1.0));
    const double by_group = after_two_steps(std::move(grouped), w);
    w.set_value(Array<double>({1}, 1.0));
    CHECK(by_group == after_two_steps(std::move(whole), w));
  };
  const auto list = list_of({&w});
  check_as(ebb::nn::SGD(Groups{{.parameters = list, .momentum = 0.5}}, {.lr = 0.1}),
           ebb::nn::SGD(w, {.lr = 0.1, .momentum = 0.5}));
  check_as(ebb::nn::SGD(Groups{{.parameters = list, .momentum = 0}}, {.lr = 0.1, .momentum = 0.5}),
           ebb::nn::SGD(w, {.lr = 0.1}));
  check_as(ebb::nn::Adam(Groups{{.parameters = list, .beta1 = 0.5, .beta2 = 0.25, .epsilon = 1}}, {.lr = 0.1}),
           ebb::nn::Adam(w, {.lr = 0.1, .beta1 = 0.5, .beta2 = 0.25, .epsilon = 1}));
  check_as(ebb::nn::RMSProp(Groups{{.parameters = list, .decay = 0.5}}, {.lr = 0.1}),
           ebb::nn::RMSProp(w, {.lr = 0.1, .decay = 0.5}));
}

TEST_CASE("parameters of one optimizer with other betas are corrected by their own") {
  Parameter<double> a = scalar(0), b = scalar(0);
  ebb::nn::Adam<double> optimizer({{.parameters = list_of({&a})}, {.parameters = list_of({&b}), .beta1 = 0.5}},
                                  {.lr = 0.1, .epsilon = 0});
  for (int step = 1; step <= 3; ++step) {
    set_gradient(a, 3), set_gradient(b, 3);
    optimizer.step();
    CHECK(a.value().item() == doctest::Approx(-0.1 * step));
    CHECK(b.value().item() == doctest::Approx(-0.1 * step));
  }
}

TEST_CASE("an option that a method does not have, or out of its range, is refused in a group") {
  Parameter<double> w = scalar(1, "w");
  using Group = ebb::nn::ParameterGroup<double>;
  const auto list = list_of({&w});
  CHECK_ERROR(ebb::nn::Adam<double>({Group{.parameters = list, .momentum = 0.9}}),
              "a group has its own momentum, but Adam has none");
  CHECK_ERROR(ebb::nn::SGD<double>({Group{.parameters = list, .beta2 = 0.9}}), "a group has its own beta2", "SGD");
  CHECK_ERROR(ebb::nn::Lion<double>({Group{.parameters = list, .epsilon = 0.1}}), "a group has its own epsilon",
              "Lion");
  CHECK_ERROR(ebb::nn::Adam<double>({Group{.parameters = list, .beta1 = 1}}),
              "the beta1 of a group must be at least 0 and less than 1, not 1");
  CHECK_ERROR(ebb::nn::SGD<double>({Group{.parameters = list, .clip = ebb::nn::Clip{ebb::nn::Clip::Kind::norm, -1}}}),
              "clip_by_norm(-1)");
}

TEST_CASE("a group with a Clip of its own is clipped by itself, and the others together") {
  Parameter<double> a = scalar(0), b = scalar(0), apart = scalar(0), left = scalar(0);
  ebb::nn::SGD<double> optimizer({{.parameters = list_of({&a})},
                                  {.parameters = list_of({&apart}), .clip = ebb::nn::clip_by_value(2)},
                                  {.parameters = list_of({&b})},
                                  {.parameters = list_of({&left}), .clip = ebb::nn::Clip{}}},
                                 {.lr = 1, .clip = ebb::nn::clip_by_norm(1)});
  set_gradient(a, 3), set_gradient(b, 4), set_gradient(apart, 100), set_gradient(left, 12);
  const auto report = optimizer.step();
  CHECK(a.value().item() == doctest::Approx(-0.6));
  CHECK(b.value().item() == doctest::Approx(-0.8));
  CHECK(apart.value().item() == -2);
  CHECK(left.value().item() == -12);
  CHECK(report.norm_before == doctest::Approx(std::sqrt(9 + 16 + 10000 + 144)));
  CHECK(report.norm_after == doctest::Approx(std::sqrt(1 + 4 + 144)));
  CHECK(report.share_clipped == 0.75);
}
