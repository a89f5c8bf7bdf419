#include <cmath>
#include <ebb/ops/fusion.hpp>
#include <limits>
#include <numbers>
#include <type_traits>

#include "support/check.hpp"

// The edges of floating point, in every argument of every operation: 0, -0, subnormal, tiny, huge and largest numbers,
// infinity, NaN. The rule, for values and for first derivatives with an adjoint of 1, in float and double, fused and
// composed, recorded or not: where the exact result is a number of the type, ebb's is within a stated bound of it;
// where it is too large, ebb's is infinite, or the largest number; where it is NaN, ebb's is NaN. The referee is long
// double, which has room for the squares and cubes of all of them.
//
// What stays outside of the rule, as in PyTorch:
// - sin and cos beyond 1e6, whose argument would take hundreds of digits to reduce.
// - A derivative that is infinite itself, times an adjoint of 0, is NaN: of sqrt and log at 0, in the branch that
//   `where` did not take. To look at the adjoint first would hide an exploding gradient.
// - Sums of infinities of both signs, and products of 0 and infinity, are NaN in the middle of an op as in its formula:
//   softmax and norms of a row with an infinity (but a logit of minus infinity is a weight of 0, unless all are).
// - A mean or a variance in double whose sum overflows, though the mean would not; mean_squared_error likewise in its
//   squares. In float both are summed in double.
// - x - mean in the norms, where the two are so far apart that it overflows: rows with elements beyond half of the
//   largest number.
// - power(a, b) of two tensors: b a^(b - 1) overflows where a is subnormal and b smaller still.
// - An adjoint that is itself next to the largest or least number may overflow or vanish on its way through an op,
//   though the result would not: dy p x^(p - 1).
using namespace ebb_test;

namespace {

using Wide = long double;

template <class T>
using Limits = std::numeric_limits<T>;

/// The numbers at the edges of a type, of both signs.
template <class T>
std::vector<T> edges() {
  const bool is_float = std::is_same_v<T, float>;
  std::vector<T> positive{T(0),
                          Limits<T>::denorm_min(),
                          Limits<T>::min(),
                          T(is_float ? 1e-30 : 1e-300),
                          T(is_float ? 1e-19 : 1e-155),
                          T(1e-5),
                          T(0.5),
                          T(1),
                          T(3),
                          T(9),
                          T(17),
                          T(40),
                          T(90),
                          T(1e5),
                          T(is_float ? 1e19 : 1e155),
                          T(is_float ? 1e30 : 1e300),
                          Limits<T>::max(),
                          Limits<T>::infinity()};
  std::vector<T> all = positive;
  for (const T x : positive) all.push_back(-x);
  all.push_back(Limits<T>::quiet_NaN());
  return all;
}

/// Checks a number against the exact one: within `ulps` units in its last place, or in that of `scale`, the size of the
/// terms that it is a difference of.
template <class T>
void check_number(T got, Wide exact, double ulps, Wide scale = 0) {
  CAPTURE(got);
  CAPTURE(static_cast<double>(exact));
  const Wide size = std::max(std::fabs(exact), scale);
  const Wide bound = Wide(ulps) * std::max<Wide>(size * Limits<T>::epsilon(), Limits<T>::denorm_min());
  if (std::isnan(exact))
    CHECK(std::isnan(got));
  else if (std::fabs(exact) > static_cast<Wide>(Limits<T>::max()) * (1 - Wide(ulps) * Limits<T>::epsilon()))
    CHECK((std::fabs(got) >= Limits<T>::max() * T(0.99) && std::signbit(got) == std::signbit(exact)));
  else
    CHECK(std::fabs(static_cast<Wide>(got) - exact) <= bound);
}

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
      {"rsqrt", [](X x) { return rsqrt(x); }, [](W x) { return 1 / std::sqrt(x); },
       [](W x) { return -std::pow(1 / std::sqrt(x), W(3)) / 2; }, 6},
      {"sin", [](X x) { return sin(x); }, [](W x) { return std::sin(x); }, [](W x) { return std::cos(x); }, 2, nullptr,
       1e6},
      {"cos", [](X x) { return cos(x); }, [](W x) { return std::cos(x); }, [](W x) { return -std::sin(x); }, 2, nullptr,
       1e6},
      {"tanh", [](X x) { return tanh(x); }, [](W x) { return std::tanh(x); },
       [](W x) { return 4 * logistic(2 * x) * logistic(-2 * x); }, 100},
      {"erf", [](X x) { return erf(x); }, [](W x) { return std::erf(x); },
       [](W x) { return 2 * std::numbers::inv_sqrtpi_v<W> * std::exp(-x * x); }, 100},
      {"sigmoid", [](X x) { return sigmoid(x); }, logistic, [](W x) { return logistic(x) * logistic(-x); }, 64},
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

/// Calls f for both ways to run an op, and to take its derivative.
template <class F>
void for_each_way(F f) {
  for (const bool fused : {true, false})
    for (const bool recorded : {false, true}) {
      CAPTURE(fused);
      CAPTURE(recorded);
      const FusedOperations fused_or_not(fused);
      f(recorded);
    }
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

// ---- Rows

/// Rows of three at the edges, without infinities and NaN.
template <class T>
std::vector<std::vector<T>> rows() {
  const bool is_float = std::is_same_v<T, float>;
  const std::vector<T> numbers{T(0),
                               Limits<T>::denorm_min(),
                               T(is_float ? 1e-30 : 1e-300),
                               T(1),
                               T(-2),
                               T(15),
                               T(-40),
                               T(1e4),
                               T(1e8),
                               T(is_float ? 1e19 : 1e155),
                               T(is_float ? -1e30 : -1e300),
                               T(Limits<T>::max() / 4)};
  std::vector<std::vector<T>> result;
  for (const T a : numbers)
    for (const T b : numbers)
      for (const T c : numbers) result.push_back({a, b, c});
  return result;
}

constexpr double adjoint[] = {0.75, -1.5, 2};

template <class T>
Tensor<T> as_row(const std::vector<T>& x) {
  return Tensor<T>({1, static_cast<Index>(x.size())}, std::span<const T>(x));
}

template <class T>
Tensor<T> adjoint_row() {
  return as_row(std::vector<T>(std::begin(adjoint), std::end(adjoint)));
}

/// e^x / sum(e^x), 1 - it, and its logarithm, each with all of its digits.
struct Shares {
  std::vector<Wide> p, rest, log_p;
};
template <class T>
Shares shares(const std::vector<T>& x) {
  const Wide largest = *std::max_element(x.begin(), x.end());
  std::vector<Wide> e;
  Wide sum = 0;
  for (const T each : x) e.push_back(std::exp(static_cast<Wide>(each) - largest)), sum += e.back();
  Shares result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    Wide others = 0;
    for (std::size_t j = 0; j < x.size(); ++j) others += j == i ? 0 : e[j];
    result.p.push_back(e[i] / sum), result.rest.push_back(others / sum);
    result.log_p.push_back(others < sum / 2 ? std::log1p(-others / sum) : x[i] - largest - std::log(sum));
  }
  return result;
}

/// sum_j p_i p_j (dy_i - dy_j)
Wide softmax_derivative(const std::vector<Wide>& p, std::size_t i) {
  Wide sum = 0;
  for (std::size_t j = 0; j < p.size(); ++j) sum += p[i] * p[j] * (adjoint[i] - adjoint[j]);
  return sum;
}

/// The score of a softmax is off by half a unit in the last place of it, and e^score by as much.
template <class T>
double ulps_of_scores(const std::vector<T>& x) {
  T largest = 0;
  for (const T each : x) largest = std::max(largest, std::fabs(each));
  return 16 + 2 * std::min<double>(largest, 800);
}

/// Calls f(row, recorded) for every row, with derivatives recorded and not.
template <class T, class F>
void for_each_row(F f) {
  for (const auto& row : rows<T>())
    for_each_way([&](bool recorded) {
      CAPTURE(row[0]);
      CAPTURE(row[1]);
      CAPTURE(row[2]);
      f(row, recorded);
    });
}

template <class T>
void check_softmax_family() {
  for_each_row<T>([&](const auto& row, bool recorded) {
    const Shares exact = shares(row);
    const double ulps = ulps_of_scores(row);
    Tape<T> tape;
    const auto x = tape.watch(as_row(row));
    const auto dy = adjoint_row<T>();
    const auto y = softmax(x), log_y = log_softmax(x), loss = cross_entropy(x, IntArray({1}, {1})),
               sum = logsumexp(x, -1);
    const auto gradient = [&](const Tensor<T>& of) {
      return grad(of, x, {.cotangent = of.size() == 3 ? dy : ones<T>(of.shape()), .create_graph = recorded});
    };
    const auto dx = gradient(y), d_log = gradient(log_y), d_loss = gradient(loss), d_sum = gradient(sum);
    // What xsimd's exp leaves out: results below the least normal number.
    const auto tiny = [](Wide p) { return p < static_cast<Wide>(Limits<T>::min()) * 1e4; };
    if (!tiny(exact.rest[1])) check_number(loss.item(), -exact.log_p[1], ulps);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      const Index at = static_cast<Index>(i);
      const Wide p = exact.p[i], rest = exact.rest[i], label = i == 1 ? 1 : 0;
      if (!tiny(rest)) check_number(log_y.data()[at], exact.log_p[i], ulps);
      if (tiny(p)) {
        CHECK(y.data()[at] <= Limits<T>::min() * T(1e4) * T(1.01));
        continue;
      }
      if (tiny(rest)) continue;
      check_number(y.data()[at], p, ulps);
      check_number(d_sum.data()[at], p, ulps);
      check_number(dx.data()[at], softmax_derivative(exact.p, i), ulps, p * rest * 4);
      check_number(d_loss.data()[at], label == 1 ? -rest : p, ulps);
      const Wide all = adjoint[0] + adjoint[1] + adjoint[2];
      check_number(d_log.data()[at], adjoint[i] * rest - p * (all - adjoint[i]), ulps, p * 4 + rest);
    }
  });
}

template <class T>
void check_norms() {
  for_each_row<T>([&](const auto& row, bool recorded) {
    for (const bool centred : {false, true}) {
      CAPTURE(centred);
      Wide mean = 0, square = 0;
      for (const T x : row) mean += centred ? static_cast<Wide>(x) / 3 : 0;
      for (const T x : row) square += (x - mean) * (x - mean) / 3;
      const Wide inverse = 1 / std::sqrt(square + 1e-5L);
      const Wide subnormal = inverse * Limits<T>::denorm_min() / Limits<T>::epsilon();  // where a mean has few digits
      Wide along_ones = 0, along_n = 0, largest = 0;
      for (const T x : row) largest = std::max(largest, std::fabs(x - mean));
      for (std::size_t i = 0; i < 3; ++i) {
        along_ones += centred ? adjoint[i] / 3 : 0;
        along_n += adjoint[i] * (row[i] - mean) * inverse / 3;
      }
      Tape<T> tape;
      const auto x = tape.watch(as_row(row));
      const auto spread = variance(x, -1);
      const auto d_spread = grad(spread, x, {.create_graph = recorded});
      const auto y = centred ? layer_norm(x) : rms_norm(x, ones<T>({3}));
      const auto dx = grad(y, x, {.cotangent = adjoint_row<T>(), .create_graph = recorded});
      for (std::size_t i = 0; i < 3; ++i) {
        const Wide n = (row[i] - mean) * inverse;
        check_number(y.data()[i], n, 16, 1 - std::exp(-std::fabs(n)) + subnormal);
        check_number(dx.data()[i], inverse * (adjoint[i] - along_ones - n * along_n), 64, inverse * 4);
        if (!centred) continue;
        check_number(spread.item(), square, 4);
        check_number(d_spread.data()[i], 2 * (row[i] - mean) / 3, 8, largest);
      }
    }
  });
}

/// Sums, and what picks from a row; their derivatives are 1, 1/3, or pick themselves.
template <class T>
void check_reductions() {
  for (const auto& row : rows<T>()) {
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    CAPTURE(row[2]);
    Wide total = 0, size = 0, product = 0, product_size = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const Wide x = row[i], term = x * adjoint[i];
      total += x, size += std::fabs(x), product += term, product_size += std::fabs(term);
    }
    const Tensor<T> x = as_row(row);
    check_number(sum(x).item(), total, 2, size);
    check_number(mean(x).item(), total / 3, 2, size);
    check_number(slice(cumulative_sum(x, -1), -1, {2, 3}).item(), total, 2, size);
    check_number(matmul(x, adjoint_row<T>(), {.transpose_b = true}).item(), product, 4, product_size);
    CHECK(max(x).item() == *std::max_element(row.begin(), row.end()));
    CHECK(min(x).item() == *std::min_element(row.begin(), row.end()));
  }
}

/// One query against three keys whose scores are the row: v = (0.75, -1.5, 2), dy = 1.
template <class T>
void check_attention() {
  for_each_row<T>([&](const auto& row, bool recorded) {
    const Shares exact = shares(row);
    const double ulps = ulps_of_scores(row);
    Tape<T> tape;
    const auto q = tape.watch(ones<T>({1, 1})), k = tape.watch(transpose(as_row(row))),
               v = tape.watch(transpose(adjoint_row<T>()));
    const auto y = scaled_dot_product_attention(q, k, v);
    const auto g = grad(y, {k, v}, {.create_graph = recorded});
    Wide mean = 0;
    for (std::size_t i = 0; i < 3; ++i) mean += exact.p[i] * adjoint[i];
    check_number(y.item(), mean, ulps, 2);
    for (std::size_t i = 0; i < 3; ++i) {
      const Index at = static_cast<Index>(i);
      const Wide p = exact.p[i], rest = exact.rest[i];
      if (p < static_cast<Wide>(Limits<T>::min()) * 1e4 || rest < static_cast<Wide>(Limits<T>::min()) * 1e4) continue;
      check_number(g[1].data()[at], p, ulps);
      check_number(g[0].data()[at], softmax_derivative(exact.p, i), ulps, p * rest * 4);
    }
  });
}

}  // namespace

TEST_CASE("operations of one number, and their derivatives, at the edges of float") { check_unary_ops<float>(); }
TEST_CASE("operations of one number, and their derivatives, at the edges of double") { check_unary_ops<double>(); }
TEST_CASE("operations of two numbers, and their derivatives, at the edges of float") { check_binary_ops<float>(); }
TEST_CASE("operations of two numbers, and their derivatives, at the edges of double") { check_binary_ops<double>(); }
TEST_CASE("binary cross-entropy at the edges of float") { check_binary_cross_entropy<float>(); }
TEST_CASE("binary cross-entropy at the edges of double") { check_binary_cross_entropy<double>(); }
TEST_CASE("softmax and its kin at the edges of float") { check_softmax_family<float>(); }
TEST_CASE("softmax and its kin at the edges of double") { check_softmax_family<double>(); }
TEST_CASE("reductions of rows at the edges of float") { check_reductions<float>(); }
TEST_CASE("reductions of rows at the edges of double") { check_reductions<double>(); }
TEST_CASE("norms of rows at the edges of float") { check_norms<float>(); }
TEST_CASE("norms of rows at the edges of double") { check_norms<double>(); }
TEST_CASE("attention at the edges of float") { check_attention<float>(); }
TEST_CASE("attention at the edges of double") { check_attention<double>(); }
