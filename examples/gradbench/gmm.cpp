// The logarithm of the posterior of a mixture of Gaussians, and its gradient. The precision of component k is Q^T Q for
// a lower triangular Q, whose diagonal is exp(q[k]), and which has l[k] below it, column by column; a Wishart
// distribution is the prior of each precision.

#include <cmath>
#include <numbers>

#include "evals.hpp"

namespace gradbench {
namespace {

/// What to take the gradient of: alpha [components], the logarithms of the weights up to a constant; means mu and
/// q [components, dimensions]; l [components, dimensions (dimensions - 1) / 2].
struct Unknowns {
  Tensor alpha, mu, q, l;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Unknowns, alpha, mu, q, l)

struct Input {
  Tensor x;  // [points, dimensions]
  int m;     // degrees of freedom of the prior beyond dimensions + 1
  double gamma;
  Unknowns at;
};
void from_json(const Json& json, Input& input) {
  input = {json.at("x").get<Tensor>(), json.at("m").get<int>(), json.at("gamma").get<double>(), json.get<Unknowns>()};
}

/// Q of each component: [components, dimensions, dimensions].
Tensor factors(const Unknowns& at) {
  const ebb::Index components = at.q.extent(0), dimensions = at.q.extent(1);
  std::vector<std::int32_t> below;  // where the elements of l stand in a matrix
  for (ebb::Index column = 0; column < dimensions; ++column)
    for (ebb::Index row = column + 1; row < dimensions; ++row)
      below.push_back(static_cast<std::int32_t>(row * dimensions + column));
  const ebb::IntArray places({static_cast<ebb::Index>(below.size())}, below);
  const Tensor strictly_lower = scatter(ebb::zeros<double>({components, dimensions * dimensions}), places, at.l, 1);
  return reshape(strictly_lower, {components, dimensions, dimensions}) + diag(exp(at.q));
}

/// log of the gamma function of this many variables.
double log_gamma(double a, ebb::Index variables) {
  double result = 0.25 * static_cast<double>(variables * (variables - 1)) * std::log(std::numbers::pi);
  for (ebb::Index j = 0; j < variables; ++j) result += std::lgamma(a - 0.5 * static_cast<double>(j));
  return result;
}

Tensor log_posterior(const Input& input, const Unknowns& at) {
  const Tensor Q = factors(at), volume = sum(at.q, 1);  // log(det(Q)) is the sum of q
  const ebb::Index components = at.mu.extent(0), dimensions = at.mu.extent(1);
  const double N = static_cast<double>(input.x.extent(0)), D = static_cast<double>(dimensions);

  // Q (x - mu) = Q x - Q mu: so one product of matrices has all points and components.
  const Tensor stacked = reshape(Q, {components * dimensions, dimensions});
  const Tensor Qx = reshape(matmul(input.x, stacked, {.transpose_b = true}), {-1, components, dimensions});
  const Tensor Qmu = squeeze(matmul(Q, unsqueeze(at.mu, 2)), {2});
  const Tensor beta = at.alpha + volume - 0.5 * sum(square(Qx - Qmu), 2);  // [points, components]
  const Tensor likelihood =
      sum(logsumexp(beta, 1)) - N * (logsumexp(at.alpha) + 0.5 * D * std::log(2 * std::numbers::pi));

  const double gamma = input.gamma, n = D + input.m + 1;
  const double constant = n * D * std::log(gamma / std::numbers::sqrt2) - log_gamma(0.5 * n, dimensions);
  const Tensor prior = static_cast<double>(components) * constant - 0.5 * gamma * gamma * sum(square(Q)) +
                       static_cast<double>(input.m) * sum(volume);
  return likelihood + prior;
}

double objective(const Input& input) { return log_posterior(input, input.at).item(); }

Unknowns gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Unknowns x{tape.watch(input.at.alpha), tape.watch(input.at.mu), tape.watch(input.at.q), tape.watch(input.at.l)};
  const auto g = grad(log_posterior(input, x), {x.alpha, x.mu, x.q, x.l});
  return {g[0], g[1], g[2], g[3]};
}

}  // namespace

Eval gmm() { return {"gmm", {{"objective", function<Input>(objective)}, {"jacobian", function<Input>(gradient)}}}; }

}  // namespace gradbench
