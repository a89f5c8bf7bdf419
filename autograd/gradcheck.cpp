#include "gradcheck.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <optional>
#include <random>

#include "base/error.hpp"
#include "grad.hpp"
#include "scope.hpp"

namespace ebb {

namespace {

using Values = std::vector<Tensor<double>>;

std::atomic<int> calls{0};

/// Numbers in [-1, 1). The engine's bits, not a standard distribution, so that they are the same everywhere.
Tensor<double> random_like(const Shape& shape, std::mt19937_64& bits) {
  Array<double> x(shape);
  double* values = x.mutable_data();
  for (Index i = 0; i < x.size(); ++i) values[i] = std::ldexp(static_cast<double>(bits() >> 11), -52) - 1;
  return x;
}

Values random_like(const Values& x, std::mt19937_64& bits) {
  Values result;
  for (const auto& tensor : x) result.push_back(random_like(tensor.shape(), bits));
  return result;
}

double dot(const Tensor<double>& a, const Tensor<double>& b) {
  if (!(a.shape() == b.shape()))
    throw Error(fmt::format("gradcheck(): the function must give the same shape each time, but gave {} and {}",
                            to_string(a.shape()), to_string(b.shape())));
  double sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
  return sum;
}

double dot(const Values& a, const Values& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += dot(a[i], b[i]);
  return sum;
}

/// x + h v
Values moved(const Values& x, double h, const Values& v) {
  Values result;
  for (std::size_t k = 0; k < x.size(); ++k) {
    Array<double> y(x[k].shape());
    double* values = y.mutable_data();
    for (Index i = 0; i < y.size(); ++i) values[i] = x[k].data()[i] + h * v[k].data()[i];
    result.push_back(y);
  }
  return result;
}

Values watched(Tape<double>& tape, const Values& x) {
  Values leaves;
  for (const auto& tensor : x) leaves.push_back(tape.watch(tensor));
  return leaves;
}

/// The value of f, with nothing recorded.
Tensor<double> value(const Function& f, const Values& x) {
  NoRecording off;
  Values constants;
  for (const auto& tensor : x) constants.push_back(tensor.detach());
  Tensor<double> y = f(constants).detach();
  if (!y.defined()) throw Error("gradcheck(): the function returned an undefined tensor");
  return y;
}

Values detached(const Values& x) {
  Values result;
  for (const auto& tensor : x) result.push_back(tensor.detach());
  return result;
}

Values vjp_of(const Function& f, const Values& x, const Tensor<double>& u, bool create_graph) {
  Tape<double> tape;
  const Values leaves = watched(tape, x);
  const Tensor<double> y = f(leaves);
  return detached(grad(y, leaves, {.cotangent = u, .create_graph = create_graph, .allow_unused = true}));
}

/// (f(x + hv) - f(x - hv)) / 2h, projected on u
double difference_quotient(const Function& f, const Values& x, const Values& v, const Tensor<double>& u, double h) {
  return (dot(u, value(f, moved(x, h, v))) - dot(u, value(f, moved(x, -h, v)))) / (2 * h);
}

bool agree(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});  // false for NaN
}

/// Which element of which input is furthest off, for one cotangent.
std::string worst_element(const Function& f, const Values& x, const Tensor<double>& u, const Values& vjp, double h) {
  double worst = -1;
  std::string where = "no single element stands out";
  for (std::size_t k = 0; k < x.size(); ++k)
    for (Index i = 0; i < x[k].size(); ++i) {
      Values unit;
      for (const auto& tensor : x) unit.push_back(Array<double>(tensor.shape(), 0.0));
      Array<double> one(x[k].shape(), 0.0);
      one.mutable_data()[i] = 1;
      unit[k] = one;
      const double expected = difference_quotient(f, x, unit, u, h), got = vjp[k].data()[i];
      const double off = std::isnan(got - expected) ? INFINITY : std::abs(got - expected);
      if (off <= worst) continue;
      worst = off;
      where = fmt::format("worst at input {} of shape {}, element {}: derivative {:.10g}, central difference {:.10g}",
                          k, to_string(x[k].shape()), i, got, expected);
    }
  return where;
}

/// The derivative recorded for higher orders must be the one that a plain walk computes.
std::string compare_plain_with_recorded(const Values& plain, const Values& recorded, double tolerance) {
  for (std::size_t k = 0; k < plain.size(); ++k)
    for (Index i = 0; i < plain[k].size(); ++i)
      if (!agree(plain[k].data()[i], recorded[k].data()[i], tolerance))
        return fmt::format("input {}, element {}: a plain walk gives {:.10g}, one with create_graph {:.10g}", k, i,
                           plain[k].data()[i], recorded[k].data()[i]);
  return {};
}

std::string check_first_order(const Function& f, const Values& x, const GradcheckOptions& options,
                              std::mt19937_64& bits) {
  const Shape y_shape = value(f, x).shape();
  for (int round = 0; round < options.projections; ++round) {
    const Values v = random_like(x, bits);
    const Tensor<double> u = random_like(y_shape, bits);
    const Values vjp = vjp_of(f, x, u, false);
    if (options.order > 1) {
      std::string off = compare_plain_with_recorded(vjp, vjp_of(f, x, u, true), 1e-9);
      if (!off.empty()) return off;
    }
    const double expected = difference_quotient(f, x, v, u, options.step), got = dot(vjp, v);
    if (!agree(expected, got, options.tolerance))
      return fmt::format("directional derivative {:.10g}, central difference {:.10g}; {}", got, expected,
                         worst_element(f, x, u, vjp, options.step));
  }
  return {};
}

/// (x, u) -> the k-th component of vjp(u) at x, recorded on the tape in scope.
Function vjp_component(const Function& f, std::size_t k) {
  return [f, k](const Values& x_and_u) {
    std::optional<Tape<double>> own;  // a plain evaluation comes with no recording: it gets a tape of its own
    RecordingScope on(true);
    Values x(x_and_u.begin(), x_and_u.end() - 1);
    Tensor<double> u = x_and_u.back();
    if (!x.front().tracked()) {
      own.emplace();
      x = watched(*own, x);
    }
    const Tensor<double> y = f(x);
    Tensor<double> g = grad(y, x, {.cotangent = u, .create_graph = !own, .allow_unused = true})[k];
    return own ? g.detach() : g;
  };
}

}  // namespace

GradcheckReport gradcheck(const Function& f, const std::vector<Tensor<double>>& inputs, GradcheckOptions options) {
  ++calls;
  if (inputs.empty()) throw Error("gradcheck() needs at least one input");
  if (options.order < 1 || options.order > 2)
    throw Error(fmt::format("gradcheck() checks to order 1 or 2, not {}", options.order));
  if (f == nullptr) throw Error("gradcheck() got no function");
  if (!(options.step > 0 && std::isfinite(options.step) && options.tolerance >= 0 && options.projections > 0))
    throw Error(
        fmt::format("gradcheck() needs a step and a number of projections above 0, and a tolerance of at least "
                    "0, not {}, {} and {}",
                    options.step, options.projections, options.tolerance));
  std::mt19937_64 bits(options.seed);
  std::string off = check_first_order(f, inputs, options, bits);
  if (!off.empty()) return {false, "first order: " + off};
  if (options.order == 1) return {};

  std::vector<Tensor<double>> x_and_u = detached(inputs);
  x_and_u.push_back(random_like(value(f, inputs).shape(), bits));
  GradcheckOptions of_vjp = options;
  of_vjp.order = 1;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    off = check_first_order(vjp_component(f, k), x_and_u, of_vjp, bits);
    if (!off.empty())
      return {false,
              fmt::format("second order, derivative with respect to input {} (the last input is the cotangent): {}", k,
                          off)};
  }
  return {};
}

int gradchecks_run() { return calls; }

}  // namespace ebb
