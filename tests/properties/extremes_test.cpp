#include "extremes.hpp"

#include <numbers>

// Operations of one number or two.
using namespace ebb_test;

namespace {

template <class T>
struct Unary {
  const char* name;
  Tensor<T> (*f)(const Tensor<T>&);
  Wide (*value)(Wide);
  Wide (*derivative)(Wide);
  double ulps;
  Wide (*scale)(Wide) = nullptr;               // of the derivative's terms
  double beyond = Limits<double>::infinity();  // where the rule ends
};

Wide logistic(Wide x) { return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
Wide normal(Wide x) { return std::erfc(-x / std::numbers::sqrt2_v<Wide>) / 2; }
Wide density(Wide x) { return std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<Wide> / std::numbers::sqrt2_v<Wide>; }
Wide sign(Wide x) { return std::isnan(x) ? x : Wide(x > 0) - Wide(x < 0); }
/// a b, but 0 where a is: a closed gate times infinity.
Wide gate(Wide a, Wide b) { return a == 0 && !std::isnan(b) ? 0 : a * b; }
Wide mish_gate(Wide x) { return std::tanh(x > 40 ? x : std::log1p(std::exp(x))); }
Wide twice_u(Wide x) { return 2 * std::sqrt(2 / std::numbers::pi_v<Wide>) * (x + 0.044715L * x * x * x); }
Wide twice_du(Wide x) { return 2 * std::sqrt(2 / std::numbers::pi_v<Wide>) * (1 + 3 * 0.044715L * x * x); }

template <class T>
std::vector<Unary<T>> unary_ops() {
  using X = const Tensor<T>&;
  using W = Wide;
  return {
      {"negate", [](X x) { return -x; }, [](W x) { return -x; }, [](W x) { return std::isnan(x) ? -1 : W(-1); }, 1},
      {"abs", [](X x) { return abs(x); }, [](W x) { return std::fabs(x); }, sign, 1},
      {"exp", [](X x) { return exp(x); }, [](W x) { return std::exp(x); }, [](W x) { return std::exp(x); }, 2},
      {"expm1", [](X x) { return expm1(x); }, [](W x) { return std::expm1(x); }, [](W x) { return std::exp(x); }, 4},
      {"log", [](X x) { return log(x); }, [](W x) { return std::log(x); }, [](W x) { return 1 / x; }, 2},
      {"log1p", [](X x) { return log1p(x); }, [](W x) { return std::log1p(x); }, [](W x) { return 1 / (1 + x); }, 2},
      {"sqrt", [](X x) { return sqrt(x); }, [](W x) { return std::sqrt(x); },
       [](W x) { return 1 / (2 * std::sqrt(x)); }, 2},
      {"safe_sqrt", [](X x) { return safe_sqrt(x); }, [](W x) { return std::sqrt(x); },
       [](W x) { return x == 0 ? W(0) : 1 / (2 * std::sqrt(x)); }, 2},
      {"rsqrt", [](X x) { return rsqrt(x); }, [](W x) { return 1 / std::sqrt(x); },
       [](W x) { return -std::pow(1 / std::sqrt(x), W(3)) / 2; }, 6},
      {"sin", [](X x) { return sin(x); }, [](W x) { return std::sin(x); }, [](W x) { return std::cos(x); }, 2, nullptr,
       1e6},
      {"cos", [](X x) { return cos(x); }, [](W x) { return std::cos(x); }, [](W x) { return -std::sin(x); }, 2, nullptr,
       1e6},
      {"tanh", [](X x) { return tanh(x); }, [](W x) { return std::tanh(x); },
       [](W x) { return 4 * logistic(2 * x) * logistic(-2 * x); }, 5},
      {"erf", [](X x) { return erf(x); }, [](W x) { return std::erf(x); },
       [](W x) { return 2 * std::numbers::inv_sqrtpi_v<W> * std::exp(-x * x); }, 100},
      {"sigmoid", [](X x) { return sigmoid(x); }, logistic, [](W x) { return logistic(x) * logistic(-x); }, 5},
      {"softplus", [](X x) { return softplus(x); },
       [](W x) { return (x > 0 ? x : W(0)) + (std::isnan(x) ? x : std::log1p(std::exp(-std::fabs(x)))); }, logistic, 4},
      {"relu", [](X x) { return relu(x); }, [](W x) { return x <= 0 ? 0 : x; },
       [](W x) { return x <= 0 ? W(0) : W(1); }, 1},
      {"leaky_relu", [](X x) { return leaky_relu(x, 0.25); }, [](W x) { return x > 0 ? x : x / 4; },
       [](W x) { return x > 0 ? W(1) : W(0.25); }, 1},
      {"clamp", [](X x) { return clamp(x, -1, 1); }, [](W x) { return x < -1  ? -1
                                                                      : x > 1 ? 1
                                                                              : x; },
       [](W x) { return x <= -1 || x >= 1 ? W(0) : W(1); }, 1},
      {"silu", [](X x) { return silu(x); }, [](W x) { return gate(logistic(x), x); },
       [](W x) { return logistic(x) + gate(logistic(x) * logistic(-x), x); }, 16,
       [](W x) { return logistic(x) + std::fabs(gate(logistic(x) * logistic(-x), x)); }},
      {"gelu", [](X x) { return gelu(x); }, [](W x) { return gate(normal(x), x); },
       [](W x) { return normal(x) + gate(density(x), x); }, 300,
       [](W x) { return normal(x) + std::fabs(gate(density(x), x)); }},
      {"gelu_tanh", [](X x) { return gelu_tanh(x); }, [](W x) { return gate(logistic(twice_u(x)), x); },
       [](W x) { return logistic(twice_u(x)) + gate(logistic(twice_u(x)) * logistic(-twice_u(x)), x * twice_du(x)); },
       600,
       [](W x) {
         return logistic(twice_u(x)) + std::fabs(gate(logistic(twice_u(x)) * logistic(-twice_u(x)), x * twice_du(x)));
       }},
      {"square", [](X x) { return square(x); }, [](W x) { return x * x; }, [](W x) { return 2 * x; }, 1},
      {"cube", [](X x) { return power(x, 3.0); }, [](W x) { return x * x * x; }, [](W x) { return 3 * x * x; }, 3},
      {"reciprocal", [](X x) { return power(x, -1.0); }, [](W x) { return 1 / x; }, [](W x) { return -1 / (x * x); },
       3},
      {"power 1.5", [](X x) { return power(x, 1.5); }, [](W x) { return std::pow(x, W(1.5)); },
       [](W x) { return 1.5L * std::pow(x, W(0.5)); }, 3},
      {"tan", [](X x) { return tan(x); }, [](W x) { return std::tan(x); },
       [](W x) { return 1 + std::tan(x) * std::tan(x); }, 4, nullptr, 1e6},
      {"asin", [](X x) { return asin(x); }, [](W x) { return std::asin(x); },
       [](W x) { return 1 / std::sqrt((1 - x) * (1 + x)); }, 4},
      {"acos", [](X x) { return acos(x); }, [](W x) { return std::acos(x); },
       [](W x) { return -1 / std::sqrt((1 - x) * (1 + x)); }, 4},
      {"atan", [](X x) { return atan(x); }, [](W x) { return std::atan(x); }, [](W x) { return 1 / (1 + x * x); }, 4},
      {"sinh", [](X x) { return sinh(x); }, [](W x) { return std::sinh(x); }, [](W x) { return std::cosh(x); }, 2},
      {"cosh", [](X x) { return cosh(x); }, [](W x) { return std::cosh(x); }, [](W x) { return std::sinh(x); }, 2},
      {"log2", [](X x) { return log2(x); }, [](W x) { return std::log2(x); },
       [](W x) { return 1 / (x * std::numbers::ln2_v<W>); }, 2},
      {"floor", [](X x) { return floor(x); }, [](W x) { return std::floor(x); }, [](W) { return W(0); }, 1},
      {"round", [](X x) { return round(x); }, [](W x) { return std::nearbyint(x); }, [](W) { return W(0); }, 1},
      {"softsign", [](X x) { return softsign(x); },
       [](W x) { return std::isinf(x) ? sign(x) : x / (1 + std::fabs(x)); },
       [](W x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); }, 4},
      {"log_sigmoid", [](X x) { return log_sigmoid(x); },
       [](W x) { return (x < 0 ? x : W(0)) - (std::isnan(x) ? x : std::log1p(std::exp(-std::fabs(x)))); },
       [](W x) { return logistic(-x); }, 4},
      {"elu", [](X x) { return elu(x); }, [](W x) { return x > 0 ? x : std::expm1(x); },
       [](W x) { return x > 0 ? W(1) : std::exp(x); }, 4},
      {"mish", [](X x) { return mish(x); }, [](W x) { return gate(mish_gate(x), x); },
       [](W x) { return mish_gate(x) + gate((1 - mish_gate(x) * mish_gate(x)) * logistic(x), x); }, 64,
       [](W x) { return mish_gate(x) + std::fabs(gate((1 - mish_gate(x) * mish_gate(x)) * logistic(x), x)); }},
      {"norm of one", [](X x) { return norm(x); }, [](W x) { return std::fabs(x); },
       [](W x) { return std::isinf(x) ? W(NAN) : sign(x); }, 1},
      {"logsumexp of one", [](X x) { return logsumexp(unsqueeze(x, 0), 0); }, [](W x) { return x; },
       [](W x) { return std::isinf(x)   ? (x < 0 ? W(0) : W(NAN))
                        : std::isnan(x) ? x
                                        : W(1); }, 1},
  };
}

template <class T>
void check_unary_ops() {
  for (const Unary<T>& op : unary_ops<T>())
    for (const T x : edges<T>())
      for_each_way([&](bool recorded) {
        if (std::fabs(x) > op.beyond && !std::isinf(x)) return;
        CAPTURE(std::string(op.name));
        CAPTURE(x);
        Tape<T> tape;
        const auto at = tape.watch(Tensor<T>(Shape{}, {x}));
        const auto y = op.f(at);
        check_number(y.item(), op.value(x), op.ulps);
        check_number(grad(y, at, {.create_graph = recorded}).item(), op.derivative(x), op.ulps,
                     op.scale == nullptr || !std::isfinite(op.scale(x)) ? 0 : op.scale(x));
      });
}

template <class T>
struct Binary {
  const char* name;
  Tensor<T> (*f)(const Tensor<T>&, const Tensor<T>&);
  Wide (*value)(Wide, Wide);
  Wide (*by_a)(Wide, Wide);
  Wide (*by_b)(Wide, Wide);
};

template <class T>
std::vector<Binary<T>> binary_ops() {
  using X = const Tensor<T>&;
  using W = Wide;
  const auto one = [](W, W) { return W(1); };
  return {
      {"add", [](X a, X b) { return a + b; }, [](W a, W b) { return a + b; }, one, one},
      {"subtract", [](X a, X b) { return a - b; }, [](W a, W b) { return a - b; }, one, [](W, W) { return W(-1); }},
      {"multiply", [](X a, X b) { return a * b; }, [](W a, W b) { return a * b; }, [](W, W b) { return b; },
       [](W a, W) { return a; }},
      {"divide", [](X a, X b) { return a / b; }, [](W a, W b) { return a / b; }, [](W, W b) { return 1 / b; },
       [](W a, W b) { return -(1 / b) * (a / b); }},
      {"maximum", [](X a, X b) { return maximum(a, b); },
       [](W a, W b) { return a != a || b != b ? NAN : std::max(a, b); },
       [](W a, W b) { return a < b    ? W(0)
                             : a == b ? W(0.5)
                                      : W(1); },
       [](W a, W b) { return b < a    ? W(0)
                             : a == b ? W(0.5)
                                      : W(1); }},
      {"minimum", [](X a, X b) { return minimum(a, b); },
       [](W a, W b) { return a != a || b != b ? NAN : std::min(a, b); },
       [](W a, W b) { return b < a    ? W(0)
                             : a == b ? W(0.5)
                                      : W(1); },
       [](W a, W b) { return a < b    ? W(0)
                             : a == b ? W(0.5)
                                      : W(1); }},
      {"hypot", [](X a, X b) { return hypot(a, b); }, [](W a, W b) { return std::hypot(a, b); },
       [](W a, W b) { return a == 0 && b == 0 ? W(0) : a / std::sqrt(a * a + b * b); },
       [](W a, W b) { return a == 0 && b == 0 ? W(0) : b / std::sqrt(a * a + b * b); }},
      {"atan2", [](X a, X b) { return atan2(a, b); }, [](W a, W b) { return std::atan2(a, b); },
       [](W a, W b) { return a == 0 && b == 0 ? W(0) : b / (a * a + b * b); },
       [](W a, W b) { return a == 0 && b == 0 ? W(0) : -a / (a * a + b * b); }},
  };
}

// With targets that are shares, for binary_cross_entropy_with_logits.
template <class T>
void check_binary_cross_entropy() {
  for (const T x : edges<T>())
    for (const T t : {T(0), T(0.25), T(1)})
      for (const bool recorded : {false, true}) {
        CAPTURE(x);
        CAPTURE(t);
        Tape<T> tape;
        const auto at = tape.watch(Tensor<T>(Shape{}, {x}));
        const auto loss = binary_cross_entropy_with_logits(at, Tensor<T>(Shape{}, {t}));
        const Wide w = x, log_1 = -(std::fmax(-w, Wide(0)) + std::log1p(std::exp(-std::fabs(w)))),
                   log_0 = -(std::fmax(w, Wide(0)) + std::log1p(std::exp(-std::fabs(w))));
        check_number(loss.item(), std::isnan(x) ? w : -gate(t, log_1) - gate(1 - t, log_0), 8);
        const Wide g = std::isnan(x) ? w : (1 - t) * logistic(w) - t * logistic(-w);
        check_number(grad(loss, at, {.create_graph = recorded}).item(), g, 16,
                     std::isnan(x) ? 0 : (1 - t) * logistic(w) + t * logistic(-w));
      }
}

/// Returns true if this number, or this one's inverse, has no exact place in the type: where that decides, the rule
/// does not speak.
template <class T>
bool fits(Wide x) {
  return x == 0 || !std::isfinite(x) || (std::fabs(x) <= Limits<T>::max() && std::fabs(x) >= Limits<T>::min());
}

template <class T>
void check_binary_ops() {
  for (const Binary<T>& op : binary_ops<T>())
    for (const T a : edges<T>())
      for (const T b : edges<T>())
        for (const bool recorded : {false, true}) {
          CAPTURE(std::string(op.name));
          CAPTURE(a);
          CAPTURE(b);
          CAPTURE(recorded);
          Tape<T> tape;
          const auto x = tape.watch(Tensor<T>(Shape{}, {a})), z = tape.watch(Tensor<T>(Shape{}, {b}));
          const auto y = op.f(x, z);
          check_number(y.item(), op.value(a, b), 3);
          const auto g = grad(y, {x, z}, {.create_graph = recorded});
          check_number(g[0].item(), op.by_a(a, b), 2);
          // A quotient's second derivative is the product of its value and its first.
          if (std::string(op.name) == "divide" && !(fits<T>(op.value(a, b)) && fits<T>(op.by_a(a, b)))) continue;
          check_number(g[1].item(), op.by_b(a, b), 3);
        }
}
/// a^b of two tensors.
template <class T>
void check_tensor_power() {
  for (const T a : edges<T>())
    for (const T b : edges<T>())
      for (const bool recorded : {false, true}) {
        CAPTURE(a);
        CAPTURE(b);
        CAPTURE(recorded);
        const Wide base = a, exponent = b, exact = std::pow(base, exponent), log_a = std::log(base);
        Tape<T> tape;
        const auto x = tape.watch(Tensor<T>(Shape{}, {a})), z = tape.watch(Tensor<T>(Shape{}, {b}));
        const auto y = power(x, z);
        check_number(y.item(), exact, 3);
        const auto g = grad(y, {x, z}, {.create_graph = recorded});
        // Of y below the least normal number only some digits are left.
        const Wide lost = std::isfinite(log_a) ? std::fabs(log_a) * Limits<T>::denorm_min() / Limits<T>::epsilon() : 0;
        check_number(g[1].item(), a == 0 && b >= 0 ? 0 : exact * log_a, 4, lost);
        const Wide slope = std::pow(base, exponent - 1);
        const bool rounded = static_cast<Wide>(b - T(1)) != exponent - 1;
        if (!fits<T>(slope) || (rounded && std::signbit(a))) continue;
        const Wide log_size = std::log(std::fabs(base));  // b - 1 is rounded, and a^(b - 1) off by so much more
        const double ulps = std::isfinite(log_size) ? 4 + static_cast<double>(std::fabs(log_size)) : 4;
        check_number(g[0].item(), a == 0 && b == 0 ? 0 : exponent * slope, ulps);
      }
}

/// What is kept is scaled, and what is dropped is 0 whatever it was; the derivative says which.
template <class T>
void check_dropout() {
  const std::vector<T> numbers = edges<T>();
  const Tensor<T> all(Shape{static_cast<Index>(numbers.size())}, std::span<const T>(numbers));
  for (const double p : {0.0, 0.25, 0.5, 1.0})
    for (const bool recorded : {false, true}) {
      CAPTURE(p);
      Tape<T> tape;
      const auto x = tape.watch(all);
      const auto y = dropout(x, p, Key{3});
      const auto g = grad(y, x, {.cotangent = ones<T>(x.shape()), .create_graph = recorded});
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        CAPTURE(numbers[i]);
        const bool kept = p == 0 || (p < 1 && g.data()[i] != 0);
        check_number(g.data()[i], kept ? Wide(1) / (1 - p) : 0, 1);
        check_number(y.data()[i], kept ? static_cast<Wide>(numbers[i]) / (1 - p) : 0, 2);
      }
    }
}

}  // namespace

TEST_CASE("operations of one number, and their derivatives, at the edges of float") { check_unary_ops<float>(); }
TEST_CASE("operations of one number, and their derivatives, at the edges of double") { check_unary_ops<double>(); }
TEST_CASE("operations of two numbers, and their derivatives, at the edges of float") { check_binary_ops<float>(); }
TEST_CASE("operations of two numbers, and their derivatives, at the edges of double") { check_binary_ops<double>(); }
TEST_CASE("binary cross-entropy at the edges of float") { check_binary_cross_entropy<float>(); }
TEST_CASE("binary cross-entropy at the edges of double") { check_binary_cross_entropy<double>(); }
TEST_CASE("powers of two tensors at the edges of float") { check_tensor_power<float>(); }
TEST_CASE("powers of two tensors at the edges of double") { check_tensor_power<double>(); }
TEST_CASE("dropout at the edges of float") { check_dropout<float>(); }
TEST_CASE("dropout at the edges of double") { check_dropout<double>(); }
