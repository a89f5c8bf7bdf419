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

  // A network that makes a sample with two peaks of one with none, without being told which becomes which.
  ebb::Generator random(1);
  const nn::Sequential turn(nn::Linear(1, 32, random), nn::Activation::tanh, nn::Linear(32, 1, random));
  nn::Adam optimizer(turn, {.lr = 0.02});
  const auto turned = [&](ebb::Index count) {
    return squeeze(turn(ebb::uniform<float>({count, 1}, random.next(), -1, 1)), 1);
  };
  for (int step = 0; step < 1000; ++step) {
    optimizer.set_learning_rate(nn::cosine(0.02, 1000)(step));
    const Tensor peaks = 4 * ebb::to_tensor<float>(ebb::uniform_integers({256}, random.next(), 0, 2));  // 0 or 4
    ebb::Tape inner;
    inner.backward(distance(turned(256), peaks + ebb::normal<float>({256}, random.next(), 0, 0.3)));
    optimizer.step();
  }

  const Tensor sample = turned(5000);
  const auto share_near = [&](double peak) { return mean(ebb::to_tensor<float>(abs(sample - peak) < 1)).item(); };
  std::printf("near 0: %.1f %%, near 2: %.1f %%, near 4: %.1f %%\n", 100 * share_near(0), 100 * share_near(2),
              100 * share_near(4));
  claim(share_near(0) > 0.4F && share_near(4) > 0.4F, "the sample has both peaks");
  claim(share_near(2) < 0.15F, "and little between them");
}
