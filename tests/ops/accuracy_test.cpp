#include <cmath>
#include <limits>
#include <numbers>
#include <type_traits>
#include <vector>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

/// The type that references are computed in.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <class T>
struct ScalarFunction {
  const char* name;
  Tensor<T> (*f)(const Tensor<T>&);
  Wide<T> (*reference)(Wide<T>);
  double low, high;  // where the bound holds
  double ulps;
};

/// The derivatives of tanh and of sigmoid, recorded (as a second derivative sees them) or not.
template <class T, bool recorded>
Tensor<T> tanh_slope(const Tensor<T>& x) {
  Tape<T> tape;
  const Tensor<T> at = tape.watch(x);
  return grad(tanh(at), at, {.cotangent = ones<T>(x.shape()), .create_graph = recorded}).detach();
}
template <class T, bool recorded>
Tensor<T> sigmoid_slope(const Tensor<T>& x) {
  Tape<T> tape;
  const Tensor<T> at = tape.watch(x);
  return grad(sigmoid(at), at, {.cotangent = ones<T>(x.shape()), .create_graph = recorded}).detach();
}

template <class T>
std::vector<ScalarFunction<T>> functions() {
  using X = const Tensor<T>&;
  using W = Wide<T>;
  const double least = std::log(std::numeric_limits<T>::denorm_min()),
               largest = std::log(std::numeric_limits<T>::max());
  const auto logistic_slope = [](W x) { return std::exp(-std::abs(x)) / std::pow(1 + std::exp(-std::abs(x)), W(2)); };
  const auto bell = [](W x) { return 4 * std::exp(-2 * std::abs(x)) / std::pow(1 + std::exp(-2 * std::abs(x)), W(2)); };
  return {{"exp", [](X x) { return exp(x); }, [](W x) { return std::exp(x); }, 1.1 * least, 1.1 * largest, 1.5},
          {"exp", [](X x) { return exp(x); }, [](W x) { return std::exp(x); }, -1, 1, 1.5},
          {"expm1", [](X x) { return expm1(x); }, [](W x) { return std::expm1(x); }, 1.1 * least, 1.1 * largest, 2.5},
          {"expm1", [](X x) { return expm1(x); }, [](W x) { return std::expm1(x); }, -1e-3, 1e-3, 2},
          {"expm1", [](X x) { return expm1(x); }, [](W x) { return std::expm1(x); }, -1, 1, 2.5},
          {"log", [](X x) { return log(x); }, [](W x) { return std::log(x); }, 0, 4, 1},
          {"log1p", [](X x) { return log1p(x); }, [](W x) { return std::log1p(x); }, -1, 4, 1},
          {"sqrt", [](X x) { return sqrt(x); }, [](W x) { return std::sqrt(x); }, 0, 100, 0.51},
          {"safe_sqrt", [](X x) { return safe_sqrt(x); }, [](W x) { return std::sqrt(x); }, 0, 100, 0.51},
          {"rsqrt", [](X x) { return rsqrt(x); }, [](W x) { return 1 / std::sqrt(x); }, 0, 100, 1.6},
          {"sin", [](X x) { return sin(x); }, [](W x) { return std::sin(x); }, -1e6, 1e6, 1},
          {"cos", [](X x) { return cos(x); }, [](W x) { return std::cos(x); }, -1e6, 1e6, 1},
          {"tan", [](X x) { return tan(x); }, [](W x) { return std::tan(x); }, -1e6, 1e6, 1},
          {"asin", [](X x) { return asin(x); }, [](W x) { return std::asin(x); }, -1, 1, 1},
          {"acos", [](X x) { return acos(x); }, [](W x) { return std::acos(x); }, -1, 1, 1},
          {"atan", [](X x) { return atan(x); }, [](W x) { return std::atan(x); }, -1e3, 1e3, 1},
          {"sinh", [](X x) { return sinh(x); }, [](W x) { return std::sinh(x); }, 1.1 * least, 1.1 * largest, 2},
          {"cosh", [](X x) { return cosh(x); }, [](W x) { return std::cosh(x); }, 1.1 * least, 1.1 * largest, 2},
          {"log2", [](X x) { return log2(x); }, [](W x) { return std::log2(x); }, 0, 4, 1},
          {"softsign", [](X x) { return softsign(x); }, [](W x) { return x / (1 + std::abs(x)); }, -1e3, 1e3, 1.5},
          {"log_sigmoid", [](X x) { return log_sigmoid(x); },
           [](W x) { return (x < 0 ? x : 0) - std::log1p(std::exp(-std::abs(x))); }, -50, -0.8 * least, 2},
          {"elu", [](X x) { return elu(x); }, [](W x) { return x > 0 ? x : std::expm1(x); }, -50, 50, 2.5},
          {"mish", [](X x) { return mish(x); },
           [](W x) { return x * std::tanh((x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x)))); }, 0.8 * least, 50, 6},
          {"tanh", [](X x) { return tanh(x); }, [](W x) { return std::tanh(x); }, -25, 25, 3.2},
          {"tanh", [](X x) { return tanh(x); }, [](W x) { return std::tanh(x); }, -0.1, 0.1, 3.2},
          {"tanh'", tanh_slope<T, false>, bell, least / 2, -least / 2, 5},
          {"tanh'", tanh_slope<T, false>, bell, -5, 5, 5},
          {"tanh', recorded", tanh_slope<T, true>, bell, least / 2, -least / 2, 5},
          {"erf", [](X x) { return erf(x); }, [](W x) { return std::erf(x); }, -7, 7, 3},
          {"erf", [](X x) { return erf(x); }, [](W x) { return std::erf(x); }, -0.1, 0.1, 3},
          {"sigmoid", [](X x) { return sigmoid(x); }, [](W x) { return 1 / (1 + std::exp(-x)); }, 0.8 * least, 50, 3},
          {"sigmoid'", sigmoid_slope<T, false>, logistic_slope, least, -least, 5},
          {"sigmoid'", sigmoid_slope<T, false>, logistic_slope, -9, 9, 5},
          {"sigmoid', recorded", sigmoid_slope<T, true>, logistic_slope, least, -least, 5},
          {"softplus", [](X x) { return softplus(x); },
           [](W x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); }, 0.8 * least, 50, 2},
          {"silu", [](X x) { return silu(x); }, [](W x) { return x / (1 + std::exp(-x)); }, 0.8 * least, 50, 3.5},
          {"gelu", [](X x) { return gelu(x); }, [](W x) { return x * std::erfc(-x / std::numbers::sqrt2_v<W>) / 2; },
           -3, 10, 10},
          {"gelu_tanh", [](X x) { return gelu_tanh(x); },
           [](W x) {
             const W slope = 2 * std::numbers::sqrt2_v<W> * std::numbers::inv_sqrtpi_v<W>;
             return x / (1 + std::exp(-slope * (x + W(0.044715L) * x * x * x)));
           },
           -2, 10, 12}};
}

/// The error of a value, in units in the last place of the reference.
template <class T>
double ulps_between(T value, Wide<T> reference) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(reference)) return std::isnan(value) ? 0 : Limits::infinity();
  const T rounded = static_cast<T>(reference);
  if (value == rounded) return 0;
  const Wide<T> size = std::isinf(rounded) ? Wide<T>(Limits::max()) : std::abs(reference);
  const int last_place = std::max(std::ilogb(size) - Limits::digits + 1, Limits::min_exponent - Limits::digits);
  return static_cast<double>(std::abs(value - reference) / std::ldexp(Wide<T>(1), last_place));
}

template <class T>
void check_accuracy() {
  for (const ScalarFunction<T>& function : functions<T>()) {
    const Tensor<T> x = ebb::uniform<T>(20000, {.seed = 11}, function.low, function.high), y = function.f(x);
    Index worst = 0;
    const auto error = [&](Index i) { return ulps_between(y.data()[i], function.reference(x.data()[i])); };
    for (Index i = 0; i < x.size(); ++i)
      if (!(error(i) <= error(worst))) worst = i;
    CAPTURE(function.name);
    CAPTURE(x.data()[worst]);
    CHECK(error(worst) <= function.ulps);
  }
}

/// Checks that an element has the same value in any vector, and in its remainder, as if it stood alone.
template <class T>
void check_same_anywhere() {
  const Tensor<T> x = ebb::uniform<T>(50, {.seed = 12}, -4, 4);
  for (const ScalarFunction<T>& function : functions<T>()) {
    std::vector<T> alone;
    for (Index i = 0; i < x.size(); ++i) alone.push_back(function.f(slice(x, 0, {i, i + 1})).item());
    for (Index n = 0; n <= x.size(); ++n) {
      const Tensor<T> y = function.f(slice(x, 0, {0, n}));
      CAPTURE(function.name);
      CAPTURE(n);
      for (Index i = 0; i < n; ++i)
        CHECK(
            (y.data()[i] == alone[ebb::to_size(i)] || (std::isnan(y.data()[i]) && std::isnan(alone[ebb::to_size(i)]))));
    }
  }
}

}  // namespace

TEST_CASE("functions of one number are within a few units in the last place, in float") { check_accuracy<float>(); }

TEST_CASE("functions of one number are within a few units in the last place, in double") { check_accuracy<double>(); }

TEST_CASE("a value does not depend on where it stands in its array, in float") { check_same_anywhere<float>(); }

TEST_CASE("a value does not depend on where it stands in its array, in double") { check_same_anywhere<double>(); }

TEST_CASE("the lower tail of gelu keeps its digits") {
  for (const double x : {-4.0, -8.0, -12.0}) {
    const double expected = x * std::erfc(-x / std::numbers::sqrt2) / 2;
    CHECK(gelu(ebb::full<double>({}, x)).item() == close_to(expected));
    CHECK(double(gelu(ebb::full<float>({}, x)).item()) / expected == doctest::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("functions of one number at zero, at infinity and of NaN") {
  const auto check = [](auto zero) {
    using T = decltype(zero);
    const T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const auto at = [](auto f, T x) { return f(ebb::full<T>({}, double(x))).item(); };
    const auto is_negative_zero = [](T y) { return y == 0 && std::signbit(y); };
    using X = const Tensor<T>&;
    CHECK(at([](X x) { return exp(x); }, infinity) == infinity);
    CHECK(at([](X x) { return exp(x); }, -infinity) == 0);
    CHECK(at([](X x) { return expm1(x); }, infinity) == infinity);
    CHECK(at([](X x) { return expm1(x); }, -infinity) == -1);
    CHECK(at([](X x) { return log(x); }, 0) == -infinity);
    CHECK(at([](X x) { return log(x); }, infinity) == infinity);
    CHECK(std::isnan(at([](X x) { return log(x); }, -1)));
    CHECK(at([](X x) { return log(x); }, std::numeric_limits<T>::denorm_min()) ==
          doctest::Approx(std::log(std::numeric_limits<T>::denorm_min())));
    CHECK(at([](X x) { return log1p(x); }, -1) == -infinity);
    CHECK(std::isnan(at([](X x) { return log1p(x); }, -2)));
    CHECK(at([](X x) { return rsqrt(x); }, 0) == infinity);
    CHECK(std::isnan(at([](X x) { return sqrt(x); }, -1)));
    CHECK(at([](X x) { return abs(x); }, -infinity) == infinity);
    CHECK(at([](X x) { return tanh(x); }, -infinity) == -1);
    CHECK(at([](X x) { return erf(x); }, infinity) == 1);
    CHECK(at([](X x) { return sigmoid(x); }, -infinity) == 0);
    CHECK(at([](X x) { return sigmoid(x); }, infinity) == 1);
    CHECK(at([](X x) { return softplus(x); }, infinity) == infinity);
    CHECK(at([](X x) { return softplus(x); }, -infinity) == 0);
    CHECK(is_negative_zero(at([](X x) { return expm1(x); }, -zero)));
    CHECK(is_negative_zero(at([](X x) { return log1p(x); }, -zero)));
    CHECK(is_negative_zero(at([](X x) { return tanh(x); }, -zero)));
    CHECK(is_negative_zero(at([](X x) { return erf(x); }, -zero)));
    for (const ScalarFunction<T>& function : functions<T>()) {
      CAPTURE(function.name);
      CHECK(std::isnan(at(function.f, nan)));
    }
    CHECK(std::isnan(at([](X x) { return relu(x); }, nan)));
    CHECK(std::isnan(at([](X x) { return leaky_relu(x, 0.1); }, nan)));
    CHECK(std::isnan(at([](X x) { return clamp(x, -1, 1); }, nan)));
    CHECK(std::isnan(at([](X x) { return abs(x); }, nan)));
  };
  check(0.0f);
  check(0.0);
}
