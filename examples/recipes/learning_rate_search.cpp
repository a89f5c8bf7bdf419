// A search for the learning rate (Smith 2017, "Cyclical learning rates"): the rate grows from step to step, until the
// loss explodes. Where the loss was least, the rate is too high for long; a fraction of it serves. The model starts
// anew then.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

struct Trial {
  explicit Trial(ebb::Generator& random) : model(1, 32, random), head(32, 1, random) {
    x = unsqueeze(ebb::linspace<float>(-3, 3, 64), 1);
  }
  /// One step; returns the loss before it.
  float step(nn::SGD<float>& optimizer) const {
    ebb::Tape tape;
    const Tensor loss = mean_squared_error(head(tanh(model(x))), sin(2 * x));
    tape.backward(loss);
    optimizer.step();
    return loss.item();
  }
  void visit(auto& field) const { field("model", model), field("head", head); }
  nn::Linear<float> model, head;
  Tensor x;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Trial trial(random);
  auto parameters = nn::parameters(trial);
  const std::vector<Tensor> start = parameters.values();
  const auto loss_after = [&](double lr) {
    parameters.set_values(start);
    nn::SGD optimizer(parameters, {.lr = lr, .momentum = 0.9});
    for (int step = 0; step < 200; ++step) trial.step(optimizer);
    return trial.step(optimizer);
  };

  nn::SGD optimizer(parameters, {.momentum = 0.9});
  double best_rate = 0, smoothed = 1, least = 1;
  for (double lr = 1e-4; lr < 10 && smoothed < 4 * least; lr *= 1.1) {
    optimizer.set_learning_rate(lr);
    smoothed += 0.3 * (trial.step(optimizer) - smoothed);
    if (smoothed < least) least = smoothed, best_rate = lr;
  }
  const double chosen = best_rate / 4;
  const float with_chosen = loss_after(chosen), with_tenth = loss_after(chosen / 10);
  std::printf("rate %.4f: loss %.4f after 200 steps; a tenth of it: %.4f\n", chosen, with_chosen, with_tenth);
  claim(std::isfinite(with_chosen) && with_chosen < with_tenth / 2,
        "the rate that was found learns faster, and safely");
}
