// Freezing and thawing. A body that was trained on one task serves another with a new head. First the head is trained
// alone: a frozen parameter is a constant to the tape, and costs no gradient. Then the body follows, at a lower rate.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

/// Trains with this optimizer, and returns the last loss.
float train(const auto& model, nn::Optimizer<float>& optimizer, const Tensor& x, const Tensor& y, int steps) {
  float loss = 0;
  for (int step = 0; step < steps; ++step) {
    ebb::Tape tape;
    const Tensor error = mean_squared_error(model(x), y);
    tape.backward(error);
    optimizer.step();
    loss = error.item();
  }
  return loss;
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const Tensor x = unsqueeze(ebb::linspace<float>(-3, 3, 100), 1);
  const nn::Sequential body(nn::Linear(1, 32, random), nn::Activation::tanh, nn::Linear(32, 32, random),
                            nn::Activation::tanh);
  const nn::Linear<float> first_head(32, 1, random), head(32, 1, random);
  const auto body_parameters = nn::parameters(body);

  nn::Adam<float> pretraining({{.parameters = body_parameters}, {.parameters = nn::parameters(first_head)}},
                              {.lr = 0.01});
  train([&](const Tensor& h) { return first_head(body(h)); }, pretraining, x, sin(x), 200);

  const auto model = [&](const Tensor& h) { return head(body(h)); };
  nn::parameters(body).set_trainable(false);
  const std::vector<Tensor> before = body_parameters.values();
  nn::Adam of_the_head(head, {.lr = 0.02});
  const float with_frozen_body = train(model, of_the_head, x, cos(x), 200);
  claim(body_parameters[0].value().to_vector() == before[0].to_vector(), "the frozen body keeps its numbers");
  claim(!body_parameters[0].gradient().defined(), "and has no gradient");

  nn::parameters(body).set_trainable(true);
  nn::Adam<float> of_all({{.parameters = nn::parameters(head)}, {.parameters = body_parameters, .lr = 1e-3}},
                         {.lr = 5e-3});
  const float thawed = train(model, of_all, x, cos(x), 200);
  std::printf("loss %.5f with the body frozen, then %.5f\n", with_frozen_body, thawed);
  claim(thawed < with_frozen_body / 2, "thawed, the body helps on");
}
