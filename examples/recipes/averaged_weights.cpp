// The exponential moving average of the weights. Steps on noisy gradients wander about what they seek; their average
// lies nearer. The averages can take the place of the weights for a while, for an evaluation, say.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

int main() {
  ebb::Generator random(1);
  const nn::Linear<float> model(8, 1, random);
  nn::SGD optimizer(model, {.lr = 0.1});
  nn::EMA average(model, {.decay = 0.98});
  const Tensor truth = ebb::normal<float>({8, 1}, random.next());
  const Tensor unseen = ebb::normal<float>({500, 8}, random.next());
  const auto error = [&] { return mean_squared_error(model(unseen), matmul(unseen, truth)).item(); };

  for (int step = 0; step < 500; ++step) {
    const Tensor x = ebb::normal<float>({8, 8}, random.next());  // few rows, and targets with much noise
    const Tensor y = matmul(x, truth) + ebb::normal<float>({8, 1}, random.next());
    ebb::Tape tape;
    tape.backward(mean_squared_error(model(x), y));
    optimizer.step();
    average.update();
  }

  const float of_last = error();
  float of_average = 0;
  {
    const auto swapped = average.swap_in();  // to the end of this scope
    of_average = error();
  }
  std::printf("error of the last weights %.4f, of their average %.4f\n", of_last, of_average);
  claim(of_average < of_last / 2, "the average is the better model");
  claim(error() == of_last, "and training could go on where it was");
}
