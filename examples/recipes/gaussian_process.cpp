// A Gaussian process by linear algebra: predictions with error bars, from a few points. Its hyperparameters are learnt
// by the gradient of the log-likelihood, through `cholesky` and `triangular_solve` (Rasmussen & Williams 2006,
// algorithm 2.1).

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

struct Process {
  /// exp(-(a - b)^2 / 2 length^2) for all pairs: [m], [n] -> [m, n].
  Tensor kernel(const Tensor& a, const Tensor& b) const {
    return exp(-square((unsqueeze(a, 1) - unsqueeze(b, 0)) / exp(log_length)) / 2);
  }
  /// L with L L^T = K + noise^2 I.
  Tensor factor(const Tensor& x) const { return cholesky(kernel(x, x) + diag(expand(exp(2 * log_noise), x.shape()))); }
  Tensor negative_log_likelihood(const Tensor& x, const Tensor& y) const {
    const Tensor l = factor(x);
    const Tensor whitened = triangular_solve(l, unsqueeze(y, 1));  // y^T (L L^T)^-1 y is its square
    return sum(square(whitened)) / 2 + sum(log(diagonal(l)));      // but for a constant
  }
  void visit(auto& field) const { field("log_length", log_length), field("log_noise", log_noise); }
  ebb::Parameter<double> log_length{ebb::zeros<double>({})}, log_noise{ebb::zeros<double>({})};
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Tensor x = ebb::uniform<double>({40}, random.next(), 0, 6);
  const Tensor y = sin(2 * x) + ebb::normal<double>({40}, random.next(), 0, 0.1);

  const Process process;
  nn::Adam<double> optimizer(process, {.lr = 0.05});
  for (int step = 0; step < 200; ++step) {
    ebb::Tape<double> tape;
    tape.backward(process.negative_log_likelihood(x, y));
    optimizer.step();
  }
  const double noise = exp(process.log_noise).item();
  std::printf("noise %.3f\n", noise);
  claim(noise > 0.07 && noise < 0.14, "the likelihood has found the noise, 0.1");

  // Mean K* (L L^T)^-1 y and variance 1 - |L^-1 K*|^2, inside the data and far from them.
  const Tensor at({2}, {3, 20}), l = process.factor(x), k = process.kernel(x, at);
  const Tensor towards = triangular_solve(l, k);  // [40, 2]
  const Tensor mean = squeeze(matmul(towards, triangular_solve(l, unsqueeze(y, 1)), {.transpose_a = true}), 1);
  const Tensor deviation = sqrt(1 - sum(square(towards), 0));
  claim(std::abs(mean.at({0}) - std::sin(6.0)) < 0.15 && deviation.at({0}) < 0.15,
        "among the data it is near, and sure");
  claim(std::abs(mean.at({1})) < 1e-6 && deviation.at({1}) > 0.99, "far from them it knows that it does not know");
}
