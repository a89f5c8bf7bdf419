// Forecasting: windows over a series are pieces of equal length, whose last number is to be told from those before. The
// model is tested on the end of the series, behind all that it was trained on: a random choice of windows would
// overlap.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

constexpr ebb::Index past = 24;

struct Pieces {
  Tensor inputs, targets;  // [pieces, past], [pieces, 1]
};

Pieces pieces_of(const Tensor& series) {
  const Tensor pieces = gather(series, nn::windows(series.extent(0), past + 1), 0);
  const std::vector<Tensor> parts = split(pieces, {past, 1}, 1);
  return {parts[0], parts[1]};
}

}  // namespace

int main() {
  ebb::Generator random(1);
  // Two rhythms and some noise.
  const Tensor time = ebb::arange<float>(0, 1000);
  const Tensor series = sin(time * 0.3) + 0.5 * cos(time * 0.71) + ebb::normal<float>({1000}, random.next(), 0, 0.05);
  const Pieces seen = pieces_of(slice(series, 0, {.stop = 800}));
  const Pieces unseen = pieces_of(slice(series, 0, {.start = 800}));

  const nn::Sequential model(nn::Linear(past, 32, random), nn::Activation::tanh, nn::Linear(32, 1, random));
  nn::AdamW optimizer(model, {.lr = 0.01});
  for (int step = 0; step < 150; ++step) {
    ebb::Tape tape;
    tape.backward(mean_squared_error(model(seen.inputs), seen.targets));
    optimizer.step();
  }

  const Tensor as_before = slice(unseen.inputs, 1, {.start = -1});  // "tomorrow is as today"
  const double naive = nn::r_squared(as_before, unseen.targets);
  const double learned = nn::r_squared(model(unseen.inputs), unseen.targets);
  std::printf("share of the variance that is foretold: %.3f; by the last value: %.3f\n", learned, naive);
  claim(learned > 0.97, "the model foretells the part of the series that it has not seen");
  claim(naive < 0.9, "repeating the last value does not");
}
