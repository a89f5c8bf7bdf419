// An interval instead of a point: three outputs learn the quantiles 10 %, 50 % and 90 % of what is to be foretold, each
// by the quantile loss of its own. Between the outer two lie 80 % of the truth, also where the noise is larger.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

struct Points {
  Tensor x, y;
};

/// Noise that grows with x.
Points draw(ebb::Index count, ebb::Generator& random) {
  const Tensor x = ebb::uniform<float>({count, 1}, random.next());
  return {x, 2 * x + (0.1 + x) * ebb::normal<float>({count, 1}, random.next(), 0, 0.5)};
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential model(nn::Linear(1, 16, random), nn::Activation::tanh, nn::Linear(16, 3, random));
  nn::Adam optimizer(model, {.lr = 0.01});
  for (int step = 0; step < 1000; ++step) {
    optimizer.set_learning_rate(nn::cosine(0.01, 1000)(step));
    const auto [x, y] = draw(256, random);
    ebb::Tape tape;
    const std::vector<Tensor> quantiles = split(model(x), 3, 1);
    tape.backward(quantile_loss(quantiles[0], y, 0.1) + quantile_loss(quantiles[1], y, 0.5) +
                  quantile_loss(quantiles[2], y, 0.9));
    optimizer.step();
  }

  const auto [x, y] = draw(5000, random);
  const std::vector<Tensor> quantiles = split(model(x), 3, 1);
  const Tensor inside = ebb::to_tensor<float>(logical_and(y > quantiles[0], y < quantiles[2]));
  const Tensor left = ebb::to_tensor<float>(x < 0.3);
  const float everywhere = mean(inside).item(), at_left = (sum(inside * left) / sum(left)).item();
  std::printf("inside of the interval: %.1f %%, where the noise is small: %.1f %%\n", 100 * everywhere, 100 * at_left);
  claim(everywhere > 0.77F && everywhere < 0.83F, "the interval holds 80 % of what comes");
  claim(at_left > 0.72F && at_left < 0.88F, "also where it has to be narrow");
  const Tensor width = quantiles[2] - quantiles[0];
  claim(width.at({argmax(x, 0).item(), 0}) > 3 * width.at({argmin(x, 0).item(), 0}),
        "it is wide where the noise is large");
}
