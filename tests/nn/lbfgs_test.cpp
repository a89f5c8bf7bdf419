#include <cmath>
#include <stdexcept>

#include "support/check.hpp"
#include "support/parameters.hpp"

using namespace ebb_test;

namespace {

/// Rosenbrock's valley: its minimum is at (1, 1), at the end of a bent and narrow floor.
template <class T>
Tensor<T> rosenbrock(const Parameter<T>& w) {
  const Tensor<T> x = slice(w, 0, {0, 1}), y = slice(w, 0, {1, 2});
  return sum(square(1 - x) + 100 * square(y - x * x));
}

}  // namespace

TEST_CASE("LBFGS finds the end of Rosenbrock's valley") {
  for (const auto& start : {std::vector<double>{-1.2, 1}, std::vector<double>{5, -3}, std::vector<double>{0, 0}}) {
    Parameter<double> w(Array<double>({2}, std::span<const double>(start)), "w");
    nn::LBFGS optimizer(w, {.iterations = 100});
    const auto report = optimizer.step([&] { return rosenbrock(w); });
    CHECK(report.converged);
    CHECK(report.iterations < 60);
    CHECK(report.evaluations < 100);
    CHECK(report.loss < 1e-12);
    CHECK(report.loss_before > 0.9);
    CHECK(w.value().at({0}) == Approx(1).epsilon(1e-6));
    CHECK(w.value().at({1}) == Approx(1).epsilon(1e-6));
    CHECK(!w.gradient().defined());
  }
}

TEST_CASE("LBFGS finds the bottom of a long bowl to ten digits in few iterations") {
  const Tensor<double> curvatures({4}, {1, 3, 10, 100}), at({4}, {1, -2, 3, 0.5});
  Parameter<double> w(zeros<double>({4}), "w");
  nn::LBFGS optimizer(w, {.iterations = 100, .tolerance = 1e-10});
  const auto report = optimizer.step([&] { return sum(curvatures * square(w - at)); });
  CHECK(report.converged);
  CHECK(report.iterations < 30);
  for (Index i = 0; i < 4; ++i) CHECK(w.value().at({i}) == Approx(at.at({i})));
}

TEST_CASE("the newest change sets the scale of the next, so that the first place tried will do most of the time") {
  Parameter<double> w(ones<double>({20}), "w");
  const Tensor<double> curvatures = uniform<double>({20}, Key{1}, 100, 10'000);
  nn::LBFGS optimizer(w, {.iterations = 30, .history = 2});
  const auto report = optimizer.step([&] { return sum(curvatures * square(w)); });
  CHECK(report.iterations == 30);
  CHECK(report.evaluations < 40);
}

TEST_CASE("LBFGS goes on over several steps with what it has learnt") {
  const auto evaluations = [](int iterations) {
    Parameter<double> w(Array<double>({2}, {-1.2, 1}), "w");
    nn::LBFGS optimizer(w, {.iterations = iterations});
    int count = 0, steps = 0;
    for (bool converged = false; !converged; ++steps) {
      const auto report = optimizer.step([&] { return rosenbrock(w); });
      count += report.evaluations;
      converged = report.converged;
      REQUIRE(steps < 100);
    }
    return count - (steps - 1);  // each later step evaluates its start anew
  };
  CHECK(evaluations(3) == evaluations(100));
}

TEST_CASE("LBFGS trains a model in float until the digits of its loss are used up") {
  Generator generator(1);
  const nn::Linear<> model(3, 2, generator);
  const Tensor<float> x = normal<float>({50, 3}, Key{1}), w = normal<float>({3, 2}, Key{2});
  const Tensor<float> y = matmul(x, w) + 1;
  nn::LBFGS optimizer(model);
  const auto report = optimizer.step([&] { return mean_squared_error(model(x), y); });
  CHECK((report.converged || report.stalled || report.iterations == 20));
  CHECK(report.loss < 1e-8);
  CHECK(model.weight.value().at({1, 1}) == Approx(w.at({1, 1})).epsilon(1e-3));
  CHECK(model.bias.value().at({0}) == Approx(1).epsilon(1e-3));
}

TEST_CASE("a line search comes back from where the loss is not finite") {
  Parameter<double> w(Array<double>({1}, 0.5), "w");
  nn::LBFGS optimizer(w, {.iterations = 50});
  // log is NaN below 0, where the first steps lead; the minimum is at 0.01
  const auto report = optimizer.step([&] { return sum(100 * w - log(w)); });
  CHECK(report.converged);
  CHECK(w.value().item() == Approx(0.01));
}

TEST_CASE("a kink at the minimum is found too, in more evaluations") {
  Parameter<double> w(Array<double>({1}, 1.0), "w");
  nn::LBFGS optimizer(w);
  const auto report = optimizer.step([&] { return sum(abs(exp(w) - 2)); });
  CHECK(report.loss < 1e-12);
  CHECK(w.value().item() == Approx(std::log(2)));
}

TEST_CASE("LBFGS says when the digits of the loss are used up, and leaves the parameters where they are") {
  Parameter<float> w(Array<float>({1}, 1.0F), "w");
  nn::LBFGS optimizer(w);
  const auto report = optimizer.step([&] { return sum(square(w - 3)) + 1e9; });  // a float has no 1e9 + 4
  CHECK(report.stalled);
  CHECK(!report.converged);
  CHECK(report.iterations == 0);
  CHECK(report.loss == report.loss_before);
  CHECK(report.gradient_norm == 4);
  CHECK(w.value().item() == 1);
}

TEST_CASE("LBFGS leaves alone what is frozen, also once it has moved") {
  Parameter<double> a = scalar(1, "a"), b = scalar(1, "b");
  const auto list = list_of({&a, &b});
  nn::LBFGS optimizer(list, {.iterations = 1});
  const auto loss = [&] { return sum(square(a - 3) + a * b + 2 * square(b)); };
  optimizer.step(loss);
  const double frozen_at = b.value().item();
  b.set_trainable(false);
  for (int step = 0; step < 20; ++step) optimizer.step(loss);
  CHECK(b.value().item() == frozen_at);
  CHECK(a.value().item() == Approx(3 - frozen_at / 2));
}

TEST_CASE("a step of LBFGS that fails leaves the parameters as they were") {
  Parameter<double> w(Array<double>({2}, {-1.2, 1}), "w");
  nn::LBFGS optimizer(w);
  int calls = 0;
  CHECK_THROWS_AS(optimizer.step([&] {
    if (++calls == 5) throw std::runtime_error("no");
    return rosenbrock(w);
  }),
                  std::runtime_error);
  CHECK(w.value().to_vector() == std::vector<double>{-1.2, 1});
  CHECK(!w.gradient().defined());
  CHECK_ERROR(optimizer.step([&] { return sum(log(w)); }), "LBFGS: the loss, ", "or its gradient is not finite");
  CHECK_ERROR(optimizer.step([&] { return w * w; }), "backward()");
  CHECK_ERROR(optimizer.step([&] { return Tensor<double>(Array<double>(Shape{}, 1.0)); }), "backward()");
  CHECK(w.value().to_vector() == std::vector<double>{-1.2, 1});
}

TEST_CASE("after a step of LBFGS that failed, training goes on as if there had been none") {
  const auto values = [](bool fails) {
    Parameter<double> w(Array<double>({2}, {-1.2, 1}), "w");
    nn::LBFGS optimizer(w, {.iterations = 3});
    optimizer.step([&] { return rosenbrock(w); });
    int calls = 0;
    if (fails)
      CHECK_THROWS_AS(optimizer.step([&] {
        if (++calls == 4) throw std::runtime_error("no");
        return rosenbrock(w);
      }),
                      std::runtime_error);
    optimizer.step([&] { return rosenbrock(w); });
    return w.value().to_vector();
  };
  CHECK(values(true) == values(false));
}

TEST_CASE("LBFGS takes nothing further where the gradient is zero") {
  Parameter<double> w = scalar(2);
  nn::LBFGS optimizer(w);
  const auto report = optimizer.step([&] { return sum(square(w - 2)); });
  CHECK(report.converged);
  CHECK(report.iterations == 0);
  CHECK(report.evaluations == 1);
}

TEST_CASE("options of LBFGS that make no sense are refused") {
  Parameter<double> w = scalar(1);
  CHECK_ERROR(nn::LBFGS(w, {.iterations = 0}), "LBFGS: the iterations must be at least 1, not 0");
  CHECK_ERROR(nn::LBFGS(w, {.history = 0}), "the history must be");
  CHECK_ERROR(nn::LBFGS(w, {.evaluations = 0}), "the evaluations must be");
  CHECK_ERROR(nn::LBFGS(w, {.tolerance = NAN}), "the tolerance must be at least 0, not nan");
}
