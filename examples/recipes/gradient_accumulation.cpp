// Gradient accumulation: a batch that does not fit into memory is walked part by part. Each walk adds to the gradients
// until a step uses them up, so that the step is that of the whole batch, if the losses are weighted by their parts.

#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;
constexpr ebb::Index rows = 64, parts = 4;

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential model(nn::Linear<double>(8, 32, random), nn::Activation::gelu,
                             nn::Linear<double>(32, 1, random));
  nn::SGD optimizer(model, {.lr = 0.1});
  const Tensor x = ebb::normal<double>({rows, 8}, random.next());
  const Tensor y = sum(x, 1, {.keep = true});
  const nn::Linear<double>& first = std::get<0>(model.layers);

  {
    ebb::Tape<double> tape;
    tape.backward(mean_squared_error(model(x), y));
  }
  const Tensor of_whole = first.weight.gradient();
  optimizer.clear_gradients();

  const std::vector<Tensor> part_of_x = split(x, parts, 0), part_of_y = split(y, parts, 0);
  for (std::size_t i = 0; i < parts; ++i) {
    ebb::Tape<double> tape;  // each part's own, so that one part's values are in memory at a time
    tape.backward(mean_squared_error(model(part_of_x[i]), part_of_y[i]) / parts);
  }
  const Tensor accumulated = first.weight.gradient();
  claim(norm(accumulated - of_whole).item() < 1e-12, "the gradients of the parts add up to that of the whole");

  optimizer.step();
  claim(!first.weight.gradient().defined(), "the step uses the gradients up, and the next batch starts anew");
}
