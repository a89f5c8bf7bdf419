// A layer of one's own: a struct with parameters, a call, and a function that lists the parameters. Optimizers, files,
// `summary` and the names on the tape rely on that list, and the layer stands in a Sequential as those of ebb do.

#include <ebb/ebb.hpp>
#include <iostream>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;

/// Radial basis functions exp(-|x - centre|^2 / width^2), one for each centre: [rows, in] -> [rows, centres].
template <class T>
struct RadialBasis {
  RadialBasis(ebb::Index in, ebb::Index count, ebb::Generator& random)
      : centres(ebb::normal<T>({count, in}, random.next())), log_width(ebb::zeros<T>({count})) {}

  ebb::Tensor<T> operator()(const ebb::Tensor<T>& x) const {
    const ebb::Tensor<T> away = unsqueeze(x, 1) - centres;  // [rows, 1, in] - [centres, in]
    return exp(-sum(square(away), -1) / exp(2 * log_width));
  }
  void visit(auto& field) const { field("centres", centres), field("log_width", log_width); }

  ebb::Parameter<T> centres, log_width;
};

}  // namespace

int main() {
  ebb::Generator random(2);
  const nn::Sequential model(RadialBasis<float>(2, 8, random), nn::Linear<float>(8, 1, random));
  claim(nn::parameters(model)[1].name() == "0.log_width", "its parameters are listed by name");

  // Exclusive or, which no linear layer tells.
  const ebb::Tensor<float> x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, y({4, 1}, {0, 1, 1, 0});
  std::cout << nn::summary(model, x);  // layers, the shapes of their results, parameters, memory
  nn::Adam optimizer(model, {.lr = 0.05});
  float loss = 1;
  for (int step = 0; step < 300; ++step) {
    ebb::Tape tape;
    const auto error = mean_squared_error(model(x), y);
    tape.backward(error);
    optimizer.step();
    loss = error.item();
  }
  claim(loss < 1e-3F, "centres and widths are learnt: the model knows exclusive or");
}
