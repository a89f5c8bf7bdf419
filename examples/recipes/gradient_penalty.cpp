// A penalty on gradients (Gulrajani et al. 2017): a critic learns to tell two clouds apart, as far as its slope allows,
// which a term of the loss keeps near 1. The critic then measures how far apart the clouds lie (Wasserstein's
// distance).

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

/// The norm of the critic's slope at each point, recorded, so that it can be differentiated in turn.
Tensor slopes(const auto& critic, ebb::Tape<float>& tape, const Tensor& points) {
  const Tensor x = tape.watch(points);
  return norm(grad(sum(critic(x)), x, {.create_graph = true}), -1);
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential critic(nn::Linear(2, 32, random), nn::Activation::tanh, nn::Linear(32, 1, random));
  nn::Adam optimizer(critic, {.lr = 0.01});
  const auto cloud = [&](double shift) {
    return ebb::normal<float>({64, 2}, random.next(), 0, 0.5) + Tensor{{static_cast<float>(shift), 0}};
  };

  for (int step = 0; step < 400; ++step) {
    const Tensor left = cloud(0), right = cloud(2);
    const Tensor where = ebb::uniform<float>({64, 1}, random.next());
    ebb::Tape tape;
    const Tensor apart = mean(critic(right)) - mean(critic(left));
    const Tensor between = where * left + (1 - where) * right;
    const Tensor penalty = mean(square(slopes(critic, tape, between) - 1));
    tape.backward(10 * penalty - apart);
    optimizer.step();
  }

  const Tensor left = cloud(0), right = cloud(2);
  ebb::Tape tape;
  const float distance = (mean(critic(right)) - mean(critic(left))).item();
  const float slope = mean(slopes(critic, tape, (left + right) / 2)).item();
  std::printf("distance of the clouds: %.2f, with a slope of %.2f\n", distance, slope);
  claim(slope > 0.8F && slope < 1.2F, "the penalty holds the slope near 1");
  claim(distance > 1.6F && distance < 2.4F, "and the critic measures their distance, 2");
}
