// An optimizer of one's own: AdaBelief (Zhuang et al. 2020), which takes short steps where the gradient surprises. It
// says how one parameter is updated, in operations; groups, clipping, schedules and files of a training come with it.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

struct AdaBelief : nn::CustomOptimizer<float> {
  explicit AdaBelief(const nn::ParameterGroups<float>& groups, double lr = 1e-3, nn::Clip clip = {})
      : CustomOptimizer(groups, {"AdaBelief",
                                 {.lr = lr, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .clip = clip},
                                 {"mean", "surprise"}}) {}

  void update(nn::ParameterUpdate<float>& u) override {
    const double beta1 = u.options.beta1, beta2 = u.options.beta2;
    Tensor &mean = u.state[0], &surprise = u.state[1];
    mean = beta1 * mean + (1 - beta1) * u.gradient;
    surprise = beta2 * surprise + (1 - beta2) * square(u.gradient - mean);
    // Both start at zero, and are corrected for that.
    const double steps = static_cast<double>(u.step);
    const Tensor root = sqrt(surprise / (1 - std::pow(beta2, steps))) + u.options.epsilon;
    u.value -= u.options.lr * (mean / (1 - std::pow(beta1, steps))) / root;
  }
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential model(nn::Linear(1, 32, random), nn::Activation::tanh, nn::Linear(32, 1, random));
  AdaBelief optimizer(model, 0.01, nn::clip_by_norm(1.0));
  const nn::Schedule rate = nn::cosine(0.01, 800);
  const Tensor x = unsqueeze(ebb::linspace<float>(-3, 3, 64), 1);

  float loss = 0;
  for (int step = 0; step < 800; ++step) {
    optimizer.set_learning_rate(rate(step));
    ebb::Tape tape;
    const Tensor error = mean_squared_error(model(x), sin(x));
    tape.backward(error);
    optimizer.step();
    loss = error.item();
  }
  std::printf("loss %.6f\n", loss);
  claim(loss < 5e-3F, "trained by it, the model knows the sine");
}
