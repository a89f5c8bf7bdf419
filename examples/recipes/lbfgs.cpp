// L-BFGS, for a smooth loss that takes all data at once. It learns the curvature from the changes of the gradient,
// searches along a line, and needs no learning rate. It evaluates the loss where it likes, so the loss is given as a
// function.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

int main() {
  // A valley that is bent and flat along its floor: (1 - x)^2 + 100 (y - x^2)^2 (Rosenbrock 1960), least at (1, 1).
  ebb::Parameter<double> x(ebb::full<double>({}, -1.2), "x"), y(ebb::full<double>({}, 1), "y");
  nn::ParameterList<double> both;
  both.add(x), both.add(y);
  const auto valley = [&] { return square(1 - x) + 100 * square(y - square(x)); };

  nn::LBFGS<double> optimizer(both, {.iterations = 100});
  const nn::LBFGSReport report = optimizer.step(valley);
  std::printf("L-BFGS: loss %.1e after %d evaluations\n", report.loss, report.evaluations);
  claim(report.converged && report.loss < 1e-12, "L-BFGS finds the floor's lowest point");

  x.set_value(ebb::full<double>({}, -1.2)), y.set_value(ebb::full<double>({}, 1));
  nn::Adam<double> adam(both, {.lr = 0.01});
  for (int step = 0; step < 20 * report.evaluations; ++step) {
    ebb::Tape<double> tape;
    tape.backward(valley());
    adam.step();
  }
  std::printf("Adam: loss %.1e after %d\n", valley().item(), 20 * report.evaluations);
  claim(valley().item() > 1e-6, "Adam does not, in twenty times as many");
}
