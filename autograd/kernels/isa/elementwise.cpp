#include "elementwise.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "exponential.h"
#include "map.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T>
struct Elementwise {
  using V = Vector<T>;
  using Mask = xsimd::batch_bool<T, Arch>;

  static V zero_or(Mask zero, V x) { return xsimd::select(zero, V(0), x); }

  static V negate(V x) { return -x; }
  static V square_derivative(V x, V dy) { return V(2) * (x * dy); }
  static V exp(V x) { return Exponential<T>::exp(x); }
  static V expm1(V x) { return Exponential<T>::expm1(x); }
  static V log(V x) {
    const Mask tiny = x < V(std::numeric_limits<T>::min());  // not normal: xsimd 8 takes it wrong in double
    constexpr T up = T(0x1p60);
    return xsimd::select(tiny, xsimd::log(x * V(up)) - V(60 * std::numbers::ln2_v<T>), xsimd::log(x));
  }
  static V log1p(V x) { return xsimd::select(x == V(0), x, xsimd::log1p(x)); }  // xsimd's loses the sign of -0
  static V sqrt(V x) { return square_root<T>(x); }
  static V rsqrt(V x) { return quotient<T>(V(1), square_root<T>(x)); }
  static V abs(V x) { return xsimd::abs(x); }

  static V tanh(V x) {
    const V a = expm1(V(2) * xsimd::select(xsimd::abs(x) > V(20), V(20), xsimd::abs(x)));  // at 20 it is 1 already
    return quotient<T>(a, a + V(2)) | xsimd::bitofsign(x);
  }
  /// 1 - y^2 = 4 a / (1 + a)^2 with a = e^(-2 |x|), from x: where |y| is near 1, it no longer tells 1 - y^2.
  static V tanh_slope(V x) {
    const V a = exp(V(-2) * xsimd::abs(x)), half = fma<T>(V(T(0.5)), a, V(T(0.5)));
    return quotient<T>(a, half * half);
  }
  static V tanh_derivative(V x, V dy) { return dy * tanh_slope(x); }

  static V sigmoid(V x) {
    const V a = exp(-xsimd::abs(x));
    return quotient<T>(xsimd::select(x < V(0), a, V(1)), V(1) + a);
  }
  /// y (1 - y) = a / (1 + a)^2 with a = e^-|x|, from x too.
  static V sigmoid_slope(V x) {
    const V a = exp(-xsimd::abs(x)), sum = V(1) + a;
    return quotient<T>(a, sum * sum);
  }
  static V sigmoid_derivative(V x, V dy) { return dy * sigmoid_slope(x); }

  static V softplus(V x) { return zero_or(x <= V(0), x) + xsimd::log1p(exp(-xsimd::abs(x))); }
  static V softplus_derivative(V x, V dy) { return dy * sigmoid(x); }

  static V relu(V x) { return zero_or(x <= V(0), x); }  // so that NaN stays NaN
  static V relu_derivative(V y, V dy) { return zero_or(y <= V(0), dy); }

  static V at_least(T low, V x) { return xsimd::select(x < V(low), V(low), x); }
  static V at_most(T high, V x) { return xsimd::select(x > V(high), V(high), x); }
  static V within_bound(V x) { return at_most(T(gate_bound), at_least(T(-gate_bound), x)); }
  /// x times its gate: -0 where the gate is closed, even if x is minus infinity.
  static V gated(V x, V gate) { return at_least(T(-gate_bound), x) * gate; }

  static V silu(V x) { return gated(x, sigmoid(x)); }
  static V silu_derivative(V x, V dy) {
    const V z = within_bound(x), s = sigmoid(z);
    return dy * s * (V(1) + z * (V(1) - s));
  }

  // gelu_tanh is x s(2u), with the logistic function s and the cubic u, for (1 + tanh(u)) / 2 = s(2u).
  static constexpr T cubic_slope = 2 * std::numbers::sqrt2_v<T> * std::numbers::inv_sqrtpi_v<T>;  // of 2u, at 0
  static constexpr T cubic_bend = T(0.044715);

  static V gelu_tanh(V x) {
    const V z = within_bound(x);
    return gated(x, sigmoid(V(cubic_slope) * z * fma<T>(V(cubic_bend) * z, z, V(1))));
  }
  static V gelu_tanh_derivative(V x, V dy) {
    const V z = within_bound(x), bent = V(cubic_bend) * z * z;
    const V s = sigmoid(V(cubic_slope) * z * (V(1) + bent));
    return dy * s * fma<T>(V(cubic_slope) * z * (V(1) - s), fma<T>(V(3), bent, V(1)), V(1));
  }

  /// The normal distribution function and its density.
  struct Normal {
    V distribution, density;
  };

  static Normal normal(V x) {
    const V e = bell(T(0.5), x);
    const V tail = V(T(0.5)) * e * scaled_erfc(xsimd::abs(x) * V(1 / std::numbers::sqrt2_v<T>));
    return {xsimd::select(x < V(0), tail, V(1) - tail),
            e * V(std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>)};
  }

  /// (xsimd's is off by up to 68 ulp in double.)
  static V erf(V x) {
    const V z = at_most(T(gate_bound), xsimd::abs(x));
    const V far = V(1) - bell(T(1), z) * scaled_erfc(z);
    return xsimd::select(z < V(T(0.6)), near_zero_erf(x), far | xsimd::bitofsign(x));
  }
  /// By its Taylor series: 2/sqrt(pi) (x - x^3/3 + x^5/(2! 5) - x^7/(3! 7) + ...)
  static V near_zero_erf(V x) {
    const V q = -x * x;
    V sum(0);
    for (int i = Format<T>::taylor_degree; i >= 0; --i)
      sum = fma<T>(sum, q, V(Exponential<T>::inverse_factorial(i) / T(2 * i + 1)));
    return V(2 * std::numbers::inv_sqrtpi_v<T>) * x * sum;
  }

  /// e^(-a x^2), with x^2 in two parts where the machine has a fused multiply-add: far out exp magnifies what one
  /// loses.
  static V bell(T a, V x) {
    const V square = x * x, rest = fma<T>(x, x, -square);
    const V e = exp(V(-a) * square);
    return fma<T>(V(-a) * rest, e, e);
  }

  /// e^(x^2) erfc(x) for x >= 0, by a polynomial in q = (x - c) / (x + c), as in Shepherd & Laframboise 1981, fitted to
  /// within 1e-8 and 1e-16.
  static V scaled_erfc(V x) {
    if constexpr (sizeof(T) == 4) {
      constexpr T coefficients[] = {1.074006906f,      -0.8833944648f,  0.5902284543f,   -0.3104664845f,
                                    0.119527036f,      -0.02683768913f, -0.00121732499f, 0.003080146572f,
                                    -0.0004964658965f, -0.000332907966f};
      return erfc_series(coefficients, V(3), x);
    } else {
      constexpr T coefficients[] = {
          1.09599566100049109,     -0.976548729080881991,    0.773208702265245241,     -0.54085383131323197,
          0.330851587877573205,    -0.174010937240200522,    0.0763815149185164678,    -0.0263700533331148242,
          0.00611205555750074389,  -0.000280958958111587898, -0.000455052085028746183, 0.000176813477924363172,
          -3.63736809461778422e-6, -1.88636825726793987e-5,  4.69926207796554633e-6,   1.43141732172339722e-6,
          -8.52227990935625282e-7, -8.66746679994359216e-8,  1.27385406950490368e-7,   1.02963974944154252e-8,
          -1.49039671569932902e-8, -3.22713178414400521e-9};
      return erfc_series(coefficients, V(4), x);
    }
  }

  template <int n>
  static V erfc_series(const T (&coefficients)[n], V c, V x) {
    const V inverse = quotient<T>(V(1), x + c), q = (x - c) * inverse;
    V sum(coefficients[n - 1]);
#pragma GCC unroll 32
    for (int i = n - 2; i >= 0; --i) sum = fma<T>(sum, q, V(coefficients[i]));
    return sum * inverse;
  }

  static V gelu(V x) { return gated(x, normal(within_bound(x)).distribution); }
  static V gelu_derivative(V x, V dy) {
    const V z = within_bound(x);
    const Normal gaussian = normal(z);
    return dy * fma<T>(z, gaussian.density, gaussian.distribution);
  }

  template <V (*f)(V)>
  static void each(Index n, const T* x, T* y) {
    map(n, f, y, x);
  }
  template <V (*f)(V, V)>
  static void each(Index n, const T* saved, const T* dy, T* dx) {
    map(n, f, dx, saved, dy);
  }

  // One by one: in xsimd 8 both are slow beyond 1e4.
  static void sin(Index n, const T* x, T* y) {
    for (Index i = 0; i < n; ++i) y[i] = std::sin(x[i]);
  }
  static void cos(Index n, const T* x, T* y) {
    for (Index i = 0; i < n; ++i) y[i] = std::cos(x[i]);
  }

  static void leaky_relu(Index n, const T* x, T* y, T slope) {
    map(
        n, [slope](V v) { return xsimd::select(v > V(0), v, V(slope) * v); }, y, x);
  }
  static void leaky_relu_derivative(Index n, const T* x, const T* dy, T* dx, T slope) {
    map(
        n, [slope](V v, V dv) { return xsimd::select(v > V(0), dv, V(slope) * dv); }, dx, x, dy);
  }
  static void clamp(Index n, const T* x, T* y, T low, T high) {
    map(
        n, [low, high](V v) { return at_most(high, at_least(low, v)); }, y, x);
  }
};

template <class T, class F = Elementwise<T>>
constexpr ElementwiseKernels<T> elementwise_kernels{
    .negate = F::template each<F::negate>,
    .exp = F::template each<F::exp>,
    .expm1 = F::template each<F::expm1>,
    .log = F::template each<F::log>,
    .log1p = F::template each<F::log1p>,
    .sqrt = F::template each<F::sqrt>,
    .rsqrt = F::template each<F::rsqrt>,
    .abs = F::template each<F::abs>,
    .sin = F::sin,
    .cos = F::cos,
    .tanh = F::template each<F::tanh>,
    .tanh_slope = F::template each<F::tanh_slope>,
    .erf = F::template each<F::erf>,
    .sigmoid = F::template each<F::sigmoid>,
    .softplus = F::template each<F::softplus>,
    .relu = F::template each<F::relu>,
    .gelu = F::template each<F::gelu>,
    .gelu_tanh = F::template each<F::gelu_tanh>,
    .silu = F::template each<F::silu>,
    .leaky_relu = F::leaky_relu,
    .clamp = F::clamp,
    .tanh_derivative = F::template each<F::tanh_derivative>,
    .sigmoid_derivative = F::template each<F::sigmoid_derivative>,
    .square_derivative = F::template each<F::square_derivative>,
    .softplus_derivative = F::template each<F::softplus_derivative>,
    .relu_derivative = F::template each<F::relu_derivative>,
    .gelu_derivative = F::template each<F::gelu_derivative>,
    .gelu_tanh_derivative = F::template each<F::gelu_tanh_derivative>,
    .silu_derivative = F::template each<F::silu_derivative>,
    .leaky_relu_derivative = F::leaky_relu_derivative,
};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(ElementwiseKernels, EBB_ISA::elementwise_kernels)

}  // namespace ebb::kernels
