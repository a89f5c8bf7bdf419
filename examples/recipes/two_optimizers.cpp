// Two optimizers for two models that train against each other: a small GAN (Goodfellow et al. 2014). One tape holds
// both models; {.into = ...} says whose gradients a walk is for, and computes no others.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

int main() {
  ebb::Generator random(1);
  const nn::Linear<float> forger(1, 1, random);  // a z + b
  const nn::Sequential judge(nn::Linear(1, 16, random), nn::Activation::tanh, nn::Linear(16, 1, random));
  const auto of_forger = nn::parameters(forger), of_judge = nn::parameters(judge);
  nn::Adam forger_optimizer(of_forger, {.lr = 0.02, .beta1 = 0.5});
  nn::Adam judge_optimizer(of_judge, {.lr = 0.02, .beta1 = 0.5, .weight_decay = 1e-3});

  constexpr ebb::Index batch = 128;
  const Tensor real_label = ebb::ones<float>({batch, 1}), forged_label = ebb::zeros<float>({batch, 1});
  const auto forge = [&] { return forger(ebb::normal<float>({batch, 1}, random.next())); };

  for (int step = 0; step < 600; ++step) {
    const Tensor real = ebb::normal<float>({batch, 1}, random.next(), 3, 0.5);  // what is to be imitated
    {
      ebb::Tape tape;
      const Tensor forged = forge().detach();  // the forger is a constant here
      tape.backward(binary_cross_entropy_with_logits(judge(real), real_label) +
                    binary_cross_entropy_with_logits(judge(forged), forged_label));
      judge_optimizer.step();
    }
    ebb::Tape tape;
    const Tensor taken_for_real = binary_cross_entropy_with_logits(judge(forge()), real_label);
    tape.backward(taken_for_real, {.into = of_forger});  // through the judge, whose gradients are not wanted
    forger_optimizer.step();
  }
  claim(!of_judge[0].gradient().defined(), "the forger's walk left no gradient in the judge");

  const Tensor forged = forger(ebb::normal<float>({10000, 1}, random.next()));
  const float centre = mean(forged).item(), spread = standard_deviation(forged).item();
  std::printf("forged: mean %.2f, standard deviation %.2f; real: 3 and 0.5\n", centre, spread);
  claim(centre > 2.7F && centre < 3.3F, "the forger has found the mean of what it imitates");
}
