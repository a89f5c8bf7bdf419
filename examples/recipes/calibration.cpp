// Calibration. A model that says 90 % should be right 9 times of 10; trained ones are often surer than that. One
// number, a temperature that divides the logits, is learnt on held-out data (Guo et al. 2017), and no answer changes by
// it.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

int main() {
  // Logits of a model that would be calibrated, if it were not three times too sure.
  ebb::Generator random(1);
  const Tensor honest = ebb::normal<double>({4000, 5}, random.next(), 0, 1.5);
  const ebb::IntArray labels = nn::sample(honest, random.next());  // right as often as softmax(honest) says
  const Tensor logits = 3 * honest;
  const nn::Split split = nn::split_rows(4000, 0.5, random.next());
  const Tensor seen = gather(logits, split.train, 0), unseen = gather(logits, split.held_out, 0);
  const ebb::IntArray seen_labels = gather(labels, split.train, 0), unseen_labels = gather(labels, split.held_out, 0);

  ebb::Parameter<double> log_temperature(ebb::zeros<double>({}), "log_temperature");
  nn::Adam<double> optimizer(log_temperature, {.lr = 0.05});
  for (int step = 0; step < 100; ++step) {
    ebb::Tape<double> tape;
    tape.backward(cross_entropy(seen / exp(log_temperature), seen_labels));
    optimizer.step();
  }
  const double temperature = exp(log_temperature).item();

  const Tensor before = softmax(unseen), after = softmax(unseen / temperature);
  const double error_before = nn::calibration_error(before, unseen_labels);
  const double error_after = nn::calibration_error(after, unseen_labels);
  std::printf("temperature %.2f; calibration error %.3f before, %.3f after\n", temperature, error_before, error_after);
  claim(temperature > 2.7 && temperature < 3.3, "the temperature is what the model was too sure by");
  claim(error_before > 0.1 && error_after < 0.04, "what the model says of itself is right then");
  claim(nn::accuracy(before, unseen_labels) == nn::accuracy(after, unseen_labels), "and its answers are the same");
}
