// Sorting passes gradients on: each goes to the place that its element came from. So the distance of two samples on a
// line (Wasserstein's: the sorted ones, side by side) can be made small, and a transformation learns to turn one into
// the other.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

/// The mean square of what has to be moved, at least, to make one sample of the other: [n], [n] -> [].
Tensor distance(const Tensor& a, const Tensor& b) { return mean_squared_error(sort(a), sort(b)); }

}  // namespace

int main() {
  ebb::Tape tape;
  const Tensor x = tape.watch(Tensor({3}, {30, 10, 20}));
  const Tensor y = distance(x, Tensor({3}, {11, 20, 33}));  // 10 - 11, 20 - 20, 30 - 33
  tape.backward(3 * y);
  claim(tape.gradient(x).to_vector() == std::vector<float>{-6, -2, 0}, "2 (x - y) arrives at the place of each");

  // A network that turns even numbers into normal ones, without being told which becomes which.
  ebb::Generator random(1);
  const nn::Sequential turn(nn::Linear(1, 32, random), nn::Activation::tanh, nn::Linear(32, 1, random));
  nn::Adam optimizer(turn, {.lr = 0.02});
  const auto turned = [&](ebb::Index count) {
    return squeeze(turn(ebb::uniform<float>({count, 1}, random.next(), -3, 3)), 1);
  };
  for (int step = 0; step < 1000; ++step) {
    optimizer.set_learning_rate(nn::cosine(0.02, 1000)(step));
    const Tensor wanted = ebb::normal<float>({256}, random.next(), 5, 2);
    ebb::Tape inner;
    inner.backward(distance(turned(256), wanted));
    optimizer.step();
  }

  const Tensor sample = turned(5000);
  const float centre = mean(sample).item(), spread = standard_deviation(sample).item();
  const float within = mean(ebb::to_tensor<float>(abs(sample - 5) < 2)).item();
  std::printf("mean %.2f, standard deviation %.2f, within one of it %.1f %%\n", centre, spread, 100 * within);
  claim(centre > 4.8F && centre < 5.2F && spread > 1.8F && spread < 2.2F, "mean 5 and standard deviation 2");
  claim(within > 0.64F && within < 0.72F,
        "and 68 % of all within one standard deviation, as a normal distribution has");
}
