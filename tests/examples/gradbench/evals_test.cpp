#include <numbers>

#include "evaluate.hpp"

namespace gradbench {

TEST_CASE("gradbench: hello") {
  CHECK(evaluate("hello", "square", 3.0) == 9.0);
  CHECK(evaluate("hello", "double", 9.0) == 18.0);
}

TEST_CASE("gradbench: lse against its closed form, without overflow") {
  const Json input{{"x", {1000.0, 1000.0 + std::log(3.0)}}};
  check_close(evaluate("lse", "primal", input), {1000 + std::log(4.0)});
  check_close(evaluate("lse", "gradient", input), {0.25, 0.75});
}

TEST_CASE("gradbench: llsq at three points, worked out by hand") {
  // t = -1, 0, 1, of signs -1, 0, 1: the residuals are -1.25, -0.5, 0.25.
  const Json input{{"x", {0.5, 0.25}}, {"n", 3}};
  check_close(evaluate("llsq", "primal", input), {0.9375});
  check_close(evaluate("llsq", "gradient", input), {1.5, -1.5});
}

TEST_CASE("gradbench: llsq with more coefficients, by differences") {
  const Json input{{"x", {0.5, 0.25, -0.75, 0.125, 1.5}}, {"n", 8}};
  check_close(evaluate("llsq", "gradient", input), gradient_by_differences("llsq", "primal", input, {"x"}),
              by_differences);
}

TEST_CASE("gradbench: ode against its solution, which is a polynomial") {
  // y_i(t) = x_0 ... x_i t^(i + 1) / (i + 1)!, at t = 2; the method is exact up to the fourth power.
  const std::vector<double> x{0.5, 2, 1.5, 0.75};
  for (int steps : {1, 3}) {
    const Json input{{"x", x}, {"s", steps}};
    check_close(evaluate("ode", "primal", input), {1, 2, 2, 0.75});
    check_close(evaluate("ode", "gradient", input), {0.75 / 0.5, 0.75 / 2, 0.75 / 1.5, 0.75 / 0.75});
  }
  check_close(evaluate("ode", "gradient", {{"x", {0.5}}, {"s", 2}}), {2});
}

TEST_CASE("gradbench: kmeans goes to the means of the clusters") {
  const Json input{{"points", {{0, 0}, {2, 0}, {1, 3}, {10, 10}}}, {"centroids", {{1, 2}, {9, 12}}}};
  check_close(evaluate("kmeans", "cost", input), {5 + 5 + 1 + 5});
  check_close(evaluate("kmeans", "dir", input), {0, 1, -1, 2});  // a centroid less the mean of its points
}

TEST_CASE("gradbench: particle comes down at the origin") {
  // 0.2071918746 is what GradBench's checker expects, to four digits.
  check_close(evaluate("particle", "rr", {{"w", 0.0}}), {0.2071918746486116}, 1e-9);
}

TEST_CASE("gradbench: saddle finds the origin") {
  // The search stops a little before; 8.246e-6 is where GradBench's checker expects it to.
  check_close(evaluate("saddle", "rr", {{"start", {1, 1}}}), std::vector<double>(4, 8.246324826140356e-06), 1e-12);
}

TEST_CASE("gradbench: det and its cofactors") {
  const Json input{{"A", {2, -1, 0, 1, 3, 4, 5, -2, 1}}, {"ell", 3}};
  check_close(evaluate("det", "primal", input), {2 * 11 + 1 * (1 - 20)});
  check_close(evaluate("det", "gradient", input), {11, 19, -17, 1, 2, -1, -4, -8, 7});
  CHECK(evaluate("det", "primal", {{"A", {5.0}}, {"ell", 1}}) == 5.0);
  CHECK(evaluate("det", "gradient", {{"A", {5.0}}, {"ell", 1}}) == Json{1.0});
}

TEST_CASE("gradbench: det of a triangular matrix is the product of its diagonal") {
  std::vector<double> matrix(36, 0.0);
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j <= i; ++j) matrix[6 * i + j] = static_cast<double>(i + 1 + j % 2);
  CHECK(evaluate("det", "primal", {{"A", matrix}, {"ell", 6}}) == 1.0 * 3 * 3 * 5 * 5 * 7);
}

TEST_CASE("gradbench: gmm against the densities that it is made of") {
  const std::vector<double> alpha{0.3, -0.2};
  const std::vector<std::vector<double>> mu{{0.1, 0.7}, {0.9, -0.4}}, q{{0.2, -0.3}, {-0.1, 0.4}}, l{{0.5}, {-0.8}};
  const std::vector<std::vector<double>> x{{0.3, -1.2}, {1.1, 0.4}, {-0.6, 0.2}};
  const double gamma = 1.5;
  const int m = 2;
  const Json input{{"d", 2},         {"k", 2},         {"n", 3},   {"x", x}, {"m", m},
                   {"gamma", gamma}, {"alpha", alpha}, {"mu", mu}, {"q", q}, {"l", l}};

  // The precision P = Q^T Q of each component, with Q = {{a, 0}, {c, b}}.
  constexpr double pi = std::numbers::pi;
  double log_prior = 0;
  std::vector<std::vector<double>> precision;  // P_00, P_01, P_11
  for (std::size_t k = 0; k < 2; ++k) {
    const double a = std::exp(q[k][0]), b = std::exp(q[k][1]), c = l[k][0];
    precision.push_back({a * a + c * c, c * b, b * b});
    const double det = a * a * b * b, trace = gamma * gamma * (precision[k][0] + precision[k][2]), n = 2 + m + 1;
    const double gamma_function = std::sqrt(pi) * std::tgamma(n / 2) * std::tgamma(n / 2 - 0.5);
    log_prior += std::log(std::pow(det, 0.5 * (n - 3)) * std::exp(-trace / 2) /
                          (std::pow(2, n) * std::pow(gamma, -2 * n) * gamma_function));
  }
  double log_likelihood = 0;
  for (const auto& point : x) {
    double density = 0;
    for (std::size_t k = 0; k < 2; ++k) {
      const double u = point[0] - mu[k][0], v = point[1] - mu[k][1];
      const auto& P = precision[k];
      const double det = P[0] * P[2] - P[1] * P[1];
      density += std::exp(alpha[k]) / (std::exp(alpha[0]) + std::exp(alpha[1])) * std::sqrt(det) / (2 * pi) *
                 std::exp(-0.5 * (P[0] * u * u + 2 * P[1] * u * v + P[2] * v * v));
    }
    log_likelihood += std::log(density);
  }
  check_close(evaluate("gmm", "objective", input), {log_likelihood + log_prior});

  const Json gradient = evaluate("gmm", "jacobian", input);
  for (const char* field : {"alpha", "mu", "q", "l"})
    check_close(gradient.at(field), gradient_by_differences("gmm", "objective", input, {field}), by_differences);
}

TEST_CASE("gradbench: gmm takes the matrices below the diagonal column by column") {
  const auto with_l = [](const std::vector<double>& l) {
    return evaluate("gmm", "objective",
                    {{"x", {{1, 0, 0}}},
                     {"m", 0},
                     {"gamma", 1},
                     {"alpha", {0}},
                     {"mu", {{0, 0, 0}}},
                     {"q", {{0, 0, 0}}},
                     {"l", {l}}})
        .get<double>();
  };
  // A point along the first axis meets the first column: 1, l_0, l_1. Each square is halved, there and in the prior.
  const double none = with_l({0, 0, 0});
  check_close(with_l({2, 0, 0}), {none - 4});
  check_close(with_l({0, 2, 0}), {none - 4});
  check_close(with_l({0, 0, 2}), {none - 2});
}

TEST_CASE("gradbench: lstm against loops over numbers, and by differences") {
  const std::vector<std::vector<double>> main_params{{0.3, -0.2, 0.5, 0.1, -0.4, 0.6, 0.2, 0.9},
                                                     {0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.8},
                                                     {-0.5, 0.4, 0.3, 0.2, 0.1, -0.1, 0.6, -0.7},
                                                     {0.2, 0.1, 0.4, -0.3, 0.9, 0.5, -0.8, 0.6}};
  const std::vector<std::vector<double>> extra_params{{0.7, -0.3}, {0.4, 0.8}, {-0.2, 0.1}};
  const std::vector<std::vector<double>> state{{0.1, 0.2}, {0.3, -0.4}, {-0.5, 0.6}, {0.7, 0.8}};
  const std::vector<std::vector<double>> sequence{{1, 0}, {1, 1}, {0, 1}, {1, 0}};
  const Json input{
      {"main_params", main_params}, {"extra_params", extra_params}, {"state", state}, {"sequence", sequence}};

  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  auto now = state;
  double loss = 0;
  for (std::size_t t = 0; t + 1 < sequence.size(); ++t) {
    std::vector<double> scores;
    for (std::size_t i = 0; i < 2; ++i) {  // the units do not see each other
      double x = sequence[t][i] * extra_params[0][i];
      for (std::size_t layer = 0; layer < 4; layer += 2) {
        const auto gate = [&, w = main_params[layer], b = main_params[layer + 1]](std::size_t kind, double of) {
          return of * w[2 * kind + i] + b[2 * kind + i];
        };
        double &output = now[layer][i], &cell = now[layer + 1][i];
        cell = cell * sigmoid(gate(0, x)) + sigmoid(gate(1, output)) * std::tanh(gate(3, output));
        output = sigmoid(gate(2, x)) * std::tanh(cell);
        x = output;
      }
      scores.push_back(x * extra_params[1][i] + extra_params[2][i]);
    }
    const double total = std::log(2 + std::exp(scores[0]) + std::exp(scores[1]));
    for (std::size_t i = 0; i < 2; ++i) loss -= sequence[t + 1][i] * (scores[i] - total) / 6;
  }
  check_close(evaluate("lstm", "objective", input), {loss});
  check_close(evaluate("lstm", "jacobian", input),
              gradient_by_differences("lstm", "objective", input, {"main_params", "extra_params"}), by_differences);
}

}  // namespace gradbench
