#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

template <class T>
struct Activation {
  std::string name;
  std::function<Tensor<T>(const Tensor<T>&)> f;
};

template <class T>
std::vector<Activation<T>> activations() {
  return {{"sigmoid", [](const Tensor<T>& x) { return sigmoid(x); }},
          {"softplus", [](const Tensor<T>& x) { return softplus(x); }},
          {"relu", [](const Tensor<T>& x) { return relu(x); }},
          {"leaky_relu", [](const Tensor<T>& x) { return leaky_relu(x, 0.2); }},
          {"gelu", [](const Tensor<T>& x) { return gelu(x); }},
          {"gelu_tanh", [](const Tensor<T>& x) { return gelu_tanh(x); }},
          {"silu", [](const Tensor<T>& x) { return silu(x); }}};
}

}  // namespace

TEST_CASE("activations of known values") {
  const Tensor<double> x({3}, {0, 1, -2});
  CHECK(sigmoid(x).at({0}) == 0.5);
  CHECK(sigmoid(x).at({1}) == close_to(0.7310585786300049));
  CHECK(softplus(x).at({0}) == close_to(0.6931471805599453));
  CHECK(softplus(x).at({2}) == close_to(0.1269280110429725));
  CHECK(relu(x).to_vector() == std::vector<double>{0, 1, 0});
  CHECK(leaky_relu(x, 0.1).to_vector() == std::vector<double>{0, 1, -0.2});
  CHECK(leaky_relu(x).at({2}) == close_to(-0.02));
  CHECK(gelu(x).at({1}) == close_to(0.8413447460685429));
  CHECK(gelu(x).at({2}) == close_to(-0.0455002638963584));
  CHECK(gelu_tanh(x).at({1}) == close_to(0.8411919906082768));
  CHECK(gelu_tanh(x).at({2}) == close_to(-0.04540230591222494));
  CHECK(silu(x).at({1}) == close_to(0.7310585786300049));
  CHECK(silu(x).at({2}) == close_to(-0.2384058440442351));
}

TEST_CASE_TEMPLATE("activations and their derivatives are finite however large the input", T, float, double) {
  for (const Activation<T>& activation : activations<T>())
    for (const T x : {T(-1e30), T(-1000), T(-30), T(30), T(1000), T(1e30)}) {
      CAPTURE(activation.name);
      CAPTURE(x);
      const auto& f = activation.f;
      const bool sigmoid = activation.name == "sigmoid", leaky = activation.name == "leaky_relu";
      CHECK(std::isfinite(f(ebb::full<T>({}, x)).item()));
      const T slope = slope_at(f, x);
      CHECK(slope == Approx(x > 0 ? (sigmoid ? 0 : 1) : (leaky ? 0.2 : 0)));
      ebb::Tape<T> tape;
      const Tensor<T> leaf = tape.watch(ebb::full<T>({}, x));
      CHECK(ebb::grad(f(leaf), leaf, {.create_graph = true}).item() == Approx(slope));
    }
}

TEST_CASE_TEMPLATE("at plus and minus infinity, activations and their derivatives take their limits", T, float,
                   double) {
  const T infinity = std::numeric_limits<T>::infinity();
  for (const Activation<T>& activation : activations<T>()) {
    CAPTURE(activation.name);
    const auto& f = activation.f;
    const bool sigmoid = activation.name == "sigmoid", leaky = activation.name == "leaky_relu";
    CHECK(f(ebb::full<T>({}, -infinity)).item() == (leaky ? -infinity : 0));
    CHECK(f(ebb::full<T>({}, infinity)).item() == (sigmoid ? 1 : infinity));
    CHECK(slope_at(f, -infinity) == (leaky ? T(0.2) : 0));
    CHECK(slope_at(f, infinity) == (sigmoid ? 0 : 1));
    for (const T x : {-infinity, infinity}) {
      ebb::Tape<T> tape;
      const Tensor<T> leaf = tape.watch(ebb::full<T>({}, x));
      CHECK(ebb::grad(f(leaf), leaf, {.create_graph = true}).item() == slope_at(f, x));
    }
  }
}

TEST_CASE("sigmoid and softplus at 1000 and -1000") {
  const Tensor<double> x({2}, {1000, -1000});
  CHECK(sigmoid(x).to_vector() == std::vector<double>{1, 0});
  CHECK(softplus(x).to_vector() == std::vector<double>{1000, 0});
}

TEST_CASE("the lower tails keep their digits") {
  const Tensor<double> x({}, {-10});
  CHECK(softplus(x).item() / 4.539889921686465e-5 == Approx(1).epsilon(1e-14));
  CHECK(sigmoid(4 * x).item() / 4.248354255291589e-18 == Approx(1).epsilon(1e-14));
  CHECK(gelu(x).item() / -7.619853024160526e-23 == Approx(1).epsilon(1e-12));
}

TEST_CASE("activations pass NaN on") {
  for (const Activation<float>& activation : activations<float>()) {
    CAPTURE(activation.name);
    CHECK(std::isnan(activation.f(ebb::full<float>({}, std::nan(""))).item()));
  }
}

TEST_CASE("at their kinks relu has the derivative 0, leaky relu its slope") {
  const auto rectify = [](const auto& x) { return relu(x); };
  const auto leak = [](const auto& x) { return leaky_relu(x, 0.2); };
  CHECK(slope_at<double>(rectify, 0) == 0);
  CHECK(slope_at<double>(rectify, 1e-300) == 1);
  CHECK(slope_at<double>(leak, 0) == 0.2);
  CHECK(slope_at<double>(leak, 1e-300) == 1);
}

TEST_CASE("derivatives of the activations") {
  for (const Activation<double>& activation : activations<double>())
    for (const auto& shape : shapes) {
      CAPTURE(activation.name);
      CAPTURE(to_string(shape));
      check_gradients([&](const Values& x) { return activation.f(x[0]); }, {sample_off_zero(shape)});
    }
}

TEST_CASE("a long tensor gives what its elements give one by one, on any number of threads") {
  const auto x = ebb::normal<float>(100'003, ebb::Key{1});
  const auto dy = ebb::normal<float>(100'003, ebb::Key{2});
  const auto slopes = [&] {
    ebb::Tape<float> tape;
    const Tensor<float> leaf = tape.watch(x);
    return ebb::grad(gelu_tanh(leaf), leaf, {.cotangent = dy});
  };
  CHECK(same_on_any_number_of_threads(slopes));
  const auto y = gelu_tanh(x);
  for (ebb::Index i = 0; i < x.size(); i += 997) CHECK(y.at({i}) == gelu_tanh(ebb::full<float>({}, x.at({i}))).item());
  CHECK(y.at({-1}) == gelu_tanh(ebb::full<float>({}, x.at({-1}))).item());
}

TEST_CASE("saturated sigmoid and tanh keep their derivatives, recorded or not") {
  for (const bool recorded : {false, true})
    for (const float x : {-80.0f, -20.0f, -9.0f, 9.0f, 20.0f, 80.0f}) {
      CAPTURE(recorded);
      CAPTURE(x);
      const double a = std::exp(-std::abs(double(x))), c = a * a;
      ebb::Tape<float> tape;
      const auto at = tape.watch(ebb::full<float>({}, double(x)));
      const ebb::GradOptions<float> options{.create_graph = recorded};
      CHECK(ebb::grad(ebb::sigmoid(at), at, options).item() == Approx(a / (1 + a) / (1 + a)).epsilon(1e-6).scale(0));
      if (std::abs(x) < 40)
        CHECK(ebb::grad(ebb::tanh(at), at, options).item() == Approx(4 * c / (1 + c) / (1 + c)).epsilon(1e-6).scale(0));
    }
}

TEST_CASE("NaN passes through first and second derivatives of activations, and of what chooses") {
  using Function = Tensor<double> (*)(const Tensor<double>&);
  const std::vector<Function> functions{[](const Tensor<double>& x) { return ebb::silu(x) * x; },
                                        [](const Tensor<double>& x) { return ebb::gelu(x) * x; },
                                        [](const Tensor<double>& x) { return ebb::gelu_tanh(x) * x; },
                                        [](const Tensor<double>& x) { return ebb::abs(x) * x; },
                                        [](const Tensor<double>& x) { return ebb::clamp(x, -1, 1) * x; },
                                        [](const Tensor<double>& x) { return ebb::maximum(x, 0) * x; },
                                        [](const Tensor<double>& x) { return ebb::minimum(x, 0) * x; }};
  for (const Function f : functions) {
    ebb::Tape<double> tape;
    const auto x = tape.watch(ebb::full<double>({}, NAN));
    const auto first = ebb::grad(f(x), x, {.create_graph = true});
    CHECK(std::isnan(first.item()));
    CHECK(std::isnan(ebb::grad(ebb::square(first), x).item()));
  }
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({}, NAN));
  CHECK(ebb::grad(ebb::clamp(x, -1, 1), x).item() == 1);
  CHECK(ebb::grad(ebb::maximum(x, 0), x).item() == 1);
}

TEST_CASE("elu, softsign, mish, log_sigmoid and glu of known values") {
  const Tensor<double> x({3}, {0, 1, -2});
  check_values(elu(x, 2), {0, 1, 2 * std::expm1(-2.0)});
  check_values(softsign(x), {0, 0.5, -2.0 / 3});
  check_values(mish(x), {0, std::tanh(std::log1p(std::exp(1.0))), -2 * std::tanh(std::log1p(std::exp(-2.0)))});
  check_values(log_sigmoid(x), {-std::log(2.0), -std::log1p(std::exp(-1.0)), -2 - std::log1p(std::exp(-2.0))});
  const Tensor<double> halves({2, 4}, {1, 2, 0, 0, 3, 4, std::log(3.0), 0});
  check_values(glu(halves), {0.5, 1, 2.25, 2});
  check_values(glu(Tensor<double>({2, 1}, {6, 0}), 0), {3});
  CHECK_ERROR(glu(ebb::ones<double>({2, 3})), "glu: axis -1 of [2, 3] has no two halves", "activation_test.cpp:");
}

TEST_CASE("at 0 the derivative of elu is alpha") {
  CHECK(slope_at<double>([](const auto& x) { return elu(x); }, 0) == 1);
  CHECK(slope_at<double>([](const auto& x) { return elu(x, 0.5); }, 0) == 0.5);
}

TEST_CASE("far out the further activations and their derivatives take their limits") {
  const auto value = [](auto f, double x) { return f(ebb::full<double>({}, x)).item(); };
  const auto log_s = [](const auto& x) { return log_sigmoid(x); };
  CHECK(value(log_s, -1e300) == -1e300);
  CHECK(value(log_s, 50) == close_to(-std::exp(-50.0)));
  CHECK(slope_at<double>(log_s, 50) == close_to(std::exp(-50.0)));
  const auto soft = [](const auto& x) { return softsign(x); };
  CHECK(value(soft, -inf) == -1);
  CHECK(value(soft, 1e300) == 1);
  CHECK(slope_at<double>(soft, 1e100) == close_to(1e-200));
  CHECK(slope_at<double>(soft, 0) == 1);
  for (const double x : {1e30, inf}) {
    CHECK(value([](const auto& v) { return mish(v); }, x) == x);
    CHECK(slope_at<double>([](const auto& v) { return mish(v); }, x) == 1);
    CHECK(value([](const auto& v) { return mish(v); }, -x) == 0);
    CHECK(slope_at<double>([](const auto& v) { return mish(v); }, -x) == 0);
    CHECK(value([](const auto& v) { return elu(v); }, -x) == -1);
    CHECK(slope_at<double>([](const auto& v) { return elu(v); }, -x) == 0);
  }
}

TEST_CASE("derivatives of elu, softsign, mish, log_sigmoid and glu") {
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    const Values inputs{sample_off_zero(shape)};
    check_gradients([](const Values& x) { return elu(x[0], 0.7); }, inputs);
    check_gradients([](const Values& x) { return softsign(x[0]); }, inputs);
    check_gradients([](const Values& x) { return mish(x[0]); }, inputs);
    check_gradients([](const Values& x) { return log_sigmoid(x[0]); }, inputs);
    check_gradients([](const Values& x) { return glu(ebb::stack({x[0], 2 * x[0]}), 0); }, inputs);
  }
}
