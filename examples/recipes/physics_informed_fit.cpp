// A differential equation as a loss (Raissi et al. 2019): u'' = -u with u(0) = 0 and u'(0) = 1, whose solution is the
// sine. The loss has second derivatives in it, and training differentiates once more, by the weights.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

struct Solution {
  explicit Solution(ebb::Generator& random) : net({1, 20, random}, nn::Activation::tanh, {20, 1, random}) {}
  /// x + x^2 net(x) has the value 0 and the slope 1 at 0, whatever the network says.
  Tensor operator()(const Tensor& x) const { return x + square(x) * net(x); }
  void visit(auto& field) const { field("net", net); }
  nn::Sequential<nn::Linear<double>, nn::Activation, nn::Linear<double>> net;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Solution u(random);
  nn::Adam<double> optimizer(u, {.lr = 0.02});
  const Tensor points = unsqueeze(ebb::linspace<double>(0, 3, 25), 1);

  for (int step = 0; step < 2000; ++step) {
    optimizer.set_learning_rate(nn::cosine(0.02, 2000, 1e-4)(step));
    ebb::Tape<double> tape;
    const Tensor x = tape.watch(points);
    const Tensor y = u(x);
    // Each y depends on its own x alone, so that the gradient of the sum has all derivatives at once.
    const Tensor slope = grad(sum(y), x, {.create_graph = true});
    const Tensor curvature = grad(sum(slope), x, {.create_graph = true});
    tape.backward(mean(square(curvature + y)));
    optimizer.step();
  }

  const double error = max(abs(u(points) - sin(points))).item();
  std::printf("largest distance from the sine on [0, 3]: %.5f\n", error);
  claim(error < 0.01, "the network has found the sine from its equation alone");
}
