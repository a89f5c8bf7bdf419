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
