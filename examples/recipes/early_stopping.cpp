// Early stopping: the values that did best on held-out data are kept, and given back when nothing has got better for a
// while. values() takes no memory until a step changes the originals.

#include <cstdio>
#include <ebb/ebb.hpp>
#include <limits>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

/// Says when to stop. By visit_state it can stand in a nn::TrainingState, too.
struct Patience {
  /// Notes a loss; true if it is the best so far.
  bool improves(float loss) {
    if (loss >= best) return ++waited, false;
    best = loss, waited = 0;
    return true;
  }
  void visit_state(auto& field) { field("best", best), field("waited", waited); }

  float best = std::numeric_limits<float>::infinity();
  int waited = 0;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Tensor x = ebb::uniform<float>({40, 1}, random.next(), -3, 3);
  const Tensor noisy = sin(x) + ebb::normal<float>({40, 1}, random.next(), 0, 0.3);  // few points: easily overfitted
  const std::vector<Tensor> xs = split(x, 2, 0), ys = split(noisy, 2, 0);
  const nn::Sequential model(nn::Linear(1, 64, random), nn::Activation::tanh, nn::Linear(64, 64, random),
                             nn::Activation::tanh, nn::Linear(64, 1, random));
  auto parameters = nn::parameters(model);
  nn::Adam optimizer(parameters, {.lr = 0.01});
  const auto held_out_loss = [&] { return mean_squared_error(model(xs[1]), ys[1]).item(); };

  Patience patience;
  std::vector<Tensor> best = parameters.values();
  int step = 0;
  for (; step < 2000 && patience.waited < 100; ++step) {
    ebb::Tape tape;
    tape.backward(mean_squared_error(model(xs[0]), ys[0]));
    optimizer.step();
    if (patience.improves(held_out_loss())) best = parameters.values();
  }
  const float last = held_out_loss();
  parameters.set_values(best);

  std::printf("stopped after %d steps; held-out loss %.3f there, %.3f at its best\n", step, last, patience.best);
  claim(step < 2000, "the training stopped by itself");
  claim(held_out_loss() == patience.best && patience.best < last, "the model is the best that it has been");
}
