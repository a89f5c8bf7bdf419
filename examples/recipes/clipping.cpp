// Clipping, by norm and by value. By norm, the gradient keeps its direction and loses length. By value, its large
// elements are cut off, and it points elsewhere.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

int main() {
  const ebb::Parameter<double> weight(ebb::zeros<double>({2}), "weight");
  nn::ParameterList<double> parameters;
  parameters.add(weight);
  const Tensor steep({2}, {30, 4});

  parameters["weight"].set_gradient(steep);
  const nn::ClipReport by_norm = nn::clip_by_norm(parameters, 1.0);
  const Tensor shorter = weight.gradient();
  std::printf("(30, 4) by norm: (%.3f, %.3f), %.3f of its length\n", shorter.at({0}), shorter.at({1}),
              by_norm.factor());
  claim(std::abs(norm(shorter).item() - 1) < 1e-12, "clipped by norm, it has the length 1");
  claim(std::abs(cosine_similarity(shorter, steep).item() - 1) < 1e-12, "and its direction");

  parameters["weight"].set_gradient(steep);
  const nn::ClipReport by_value = nn::clip_by_value(parameters, 1.0);
  const Tensor cut = weight.gradient();
  std::printf("(30, 4) by value: (%.3f, %.3f)\n", cut.at({0}), cut.at({1}));
  claim(cut.to_vector() == std::vector<double>{1, 1}, "clipped by value, both elements are 1");
  claim(cosine_similarity(cut, steep).item() < 0.85, "and it points half way between the axes");
  claim(by_value.share_clipped == 1, "the report says which share of the elements was changed");

  // In a training, the optimizer clips before each step, and reports what it did.
  nn::SGD optimizer(parameters, {.lr = 0.1, .clip = nn::clip_by_norm(1.0)});
  parameters["weight"].set_gradient(steep);
  const nn::StepReport report = optimizer.step();
  claim(report.clipped() && std::abs(norm(weight.value()).item() - 0.1) < 1e-12, "a step is no longer than its rate");
}
