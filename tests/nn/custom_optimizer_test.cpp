#include <cmath>
#include <stdexcept>

#include "support/check.hpp"
#include "support/files.hpp"
#include "support/parameters.hpp"

using namespace ebb_test;

namespace {

/// Heavy-ball momentum, as a user would write it.
struct HeavyBall : nn::CustomOptimizer<double> {
  explicit HeavyBall(const nn::ParameterGroups<double>& groups, double lr = 0.1, double momentum = 0.9,
                     nn::Clip clip = {})
      : CustomOptimizer(groups, {"HeavyBall", {.lr = lr, .momentum = momentum, .clip = clip}, {"velocity"}}) {}

  void update(nn::ParameterUpdate<double>& u) override {
    u.state[0] = u.options.momentum * u.state[0] + u.gradient;
    u.value = u.value - u.options.lr * scale * u.state[0];
    seen.push_back(u.name + ' ' + std::to_string(u.step));
    if (u.name == fails) throw std::runtime_error("no");
    if (u.name == reshapes) u.value = sum(u.value);
    if (u.name == forgets) u.state.pop_back();
  }
  Parameter<double> scale = scalar(1);  // of the optimizer's own: a leaf, were updates recorded
  std::string fails, reshapes, forgets;
  std::vector<std::string> seen;
};

}  // namespace

TEST_CASE("an optimizer of a user's own steps as the library's does, with groups and clipping") {
  const auto run = [](auto make) {
    Parameter<double> a(Array<double>({2}, {1, 2}), "a"), b = scalar(3, "b");
    auto optimizer = make(std::vector<nn::ParameterGroup<double>>{
        {.parameters = list_of({&a})}, {.parameters = list_of({&b}), .lr = 0.05, .momentum = 0.5}});
    for (int step = 0; step < 3; ++step) {
      Tape<double> tape;
      tape.backward(sum(a * a) + sum(b * b));
      optimizer.step();
    }
    return std::vector<double>{a.value().at({0}), a.value().at({1}), b.value().item()};
  };
  const nn::Clip clip = nn::clip_by_norm(2);
  const auto own = run([&](const auto& groups) { return HeavyBall(groups, 0.1, 0.9, clip); });
  const auto sgd = run([&](const auto& groups) { return nn::SGD(groups, {.lr = 0.1, .momentum = 0.9, .clip = clip}); });
  for (std::size_t i = 0; i < own.size(); ++i) CHECK(own[i] == Approx(sgd[i]).epsilon(1e-14));
}

TEST_CASE("an update knows the parameter's name and step, and is not recorded") {
  Parameter<double> a = scalar(1, "a"), b = scalar(1, "b");
  HeavyBall optimizer(list_of({&a, &b}));
  const Tape<double> tape;
  set_gradient(a, 1), optimizer.step();
  set_gradient(a, 1), set_gradient(b, 1), optimizer.step();
  CHECK(optimizer.seen == std::vector<std::string>{"a 1", "a 2", "b 1"});
  CHECK(tape.size() == 0);
}

TEST_CASE("an update that throws, or makes another shape, leaves all parameters, states and gradients as they were") {
  Parameter<double> a = scalar(1, "a"), b(Array<double>({2}, {1, 1}), "b");
  HeavyBall optimizer(list_of({&a, &b}));
  const auto walk = [&] {
    set_gradient(a, 1);
    b.set_gradient(Array<double>({2}, {1, 1}));
  };
  walk();
  optimizer.fails = "b";
  CHECK_THROWS_AS(optimizer.step(), std::runtime_error);
  optimizer.fails = "", optimizer.reshapes = "b";
  CHECK_ERROR(optimizer.step(), "the new value of parameter 'b' must have its shape [2], not []; no parameter");
  optimizer.reshapes = "", optimizer.forgets = "b";
  CHECK_ERROR(optimizer.step(), "parameter 'b' has 1 arrays of state, not 0");
  CHECK(a.value().item() == 1);
  CHECK(a.gradient().item() == 1);
  optimizer.forgets = "";
  CHECK(optimizer.step().step == 1);
  CHECK(a.value().item() == 0.9);
  walk();
  optimizer.step();
  CHECK(a.value().item() == Approx(0.9 - 0.19));  // the velocity of one earlier step, and no more
}

TEST_CASE("the state of an optimizer of a user's own is saved and resumed without further code") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  const auto bytes = [&](int stop_at) {
    const auto run = [&](int until) {
      Parameter<double> w = scalar(1);
      HeavyBall optimizer(w);
      const auto list = list_of({&w});
      int step = 0;
      nn::TrainingState state;
      state.add("model", list), state.add("optimizer", optimizer), state.add("step", step);
      resume(path, state);
      for (; step < until; ++step) {
        set_gradient(w, w.value().item());
        optimizer.step();
      }
      save(path, state);
    };
    std::filesystem::remove(path);
    if (stop_at > 0) run(stop_at);
    run(6);
    return text_of(path);
  };
  const std::string whole = bytes(0);
  CHECK(contains(whole, "optimizer.velocity.w"));
  CHECK(contains(whole, "HeavyBall, momentum 0.9"));
  for (const int stop_at : {1, 3, 5}) CHECK(bytes(stop_at) == whole);
}

TEST_CASE("Muon moves a matrix along a direction whose singular values are near 1") {
  for (const Shape& shape : {Shape{3, 3}, Shape{6, 3}, Shape{3, 12}}) {
    Parameter<double> w(zeros<double>(shape), "w");
    nn::Muon optimizer(w, {.lr = 1});
    w.set_gradient(normal<double>(shape, Key{7}));
    optimizer.step();
    const double scale = std::sqrt(std::max(1.0, static_cast<double>(shape[1]) / static_cast<double>(shape[0])));
    const Tensor<double> o = w.value() / scale;
    const Tensor<double> squares = shape[0] > shape[1] ? matmul(transpose(o), o) : matmul(o, transpose(o));
    // The trace is the sum of the squares of three singular values, each of them between 0.7 and 1.2.
    double trace = 0;
    for (Index i = 0; i < 3; ++i) trace += squares.at({i, i});
    CHECK(trace > 3 * 0.7 * 0.7);
    CHECK(trace < 3 * 1.2 * 1.2);
    CHECK(sum(w.value() * normal<double>(shape, Key{7})).item() < 0);
  }
}

TEST_CASE("Muon makes a rotation scaled by any number the same step") {
  // The gradient g Q, with Q a rotation, has Newton-Schulz's image of 1/sqrt(2), five times, along Q.
  double s = 1 / std::sqrt(2);
  for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.7750 * s * s * s + 2.0315 * std::pow(s, 5);
  for (const double size : {1e-200, 1.0, 1e200}) {
    Parameter<double> w(zeros<double>({2, 2}), "w");
    nn::Muon optimizer(w, {.lr = 0.1, .momentum = 0});
    w.set_gradient(Tensor<double>({2, 2}, {0.6 * size, 0.8 * size, -0.8 * size, 0.6 * size}));
    optimizer.step();
    CHECK(w.value().at({0, 1}) == Approx(-0.1 * s * 0.8));
    CHECK(w.value().at({1, 1}) == Approx(-0.1 * s * 0.6));
  }
}

TEST_CASE("Muon's momentum, with and without Nesterov's, and its decoupled decay") {
  // Matrices of one element: the direction is the sign, by the image of 1 under Newton-Schulz.
  double s = 1;
  for (int i = 0; i < 5; ++i) s = 3.4445 * s - 4.7750 * s * s * s + 2.0315 * std::pow(s, 5);
  for (const bool nesterov : {false, true}) {
    Parameter<double> w(ones<double>({1, 1}), "w");
    nn::Muon optimizer(w, {.lr = 0.1, .momentum = 0.5, .nesterov = nesterov, .weight_decay = 0.5});
    w.set_gradient(full<double>({1, 1}, 2));
    optimizer.step();
    const double first = 0.95 - 0.1 * s;
    CHECK(w.value().item() == Approx(first));
    w.set_gradient(full<double>({1, 1}, -0.9));  // v = 0.5 + -0.45 > 0; ahead 0.5 v - 0.45 < 0
    optimizer.step();
    CHECK(w.value().item() == Approx(0.95 * first - (nesterov ? -0.1 : 0.1) * s));
  }
}

TEST_CASE("Muon refuses what is no matrix, and takes no step without a gradient") {
  Parameter<double> bias(Array<double>({2}, {1, 1}), "bias"), w(ones<double>({2, 2}), "w");
  CHECK_ERROR(nn::Muon(list_of({&w, &bias})), "Muon takes matrices, and parameter 'bias' has the shape [2]");
  nn::Muon optimizer(w);
  w.set_gradient(zeros<double>({2, 2}));
  optimizer.step();
  CHECK(w.value().at({0, 0}) == 1);
}
