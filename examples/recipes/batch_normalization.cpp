// Batch normalisation has two ways to compute. In training, a key asks for it, it takes mean and variance of the batch,
// and keeps running ones. In evaluation, without a key, it takes those, so that an answer does not depend on the
// others.

#include <ebb/ebb.hpp>

#include "claim.hpp"
#include "temporary_folder.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

double distance(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential model(nn::Linear<double>(3, 4, random), nn::BatchNorm<double>(4), nn::Activation::relu,
                             nn::Linear<double>(4, 1, random));
  const nn::BatchNorm<double>& norm = std::get<1>(model.layers);
  const auto batch = [&] { return ebb::normal<double>({64, 3}, random.next(), 5, 2); };

  const Tensor normalised = norm(ebb::normal<double>({64, 4}, random.next(), 5, 2), random.next());
  claim(distance(mean(normalised, 0), ebb::zeros<double>({4})) < 1e-12, "in training each channel has the mean 0");

  nn::AdamW<double> optimizer(model, {.lr = 0.02});
  for (int step = 0; step < 200; ++step) {
    const Tensor x = batch();
    ebb::Tape<double> tape;
    tape.backward(mean_squared_error(model(x, random.next()), sum(x, 1, {.keep = true})));  // the key: for training
    optimizer.step();
  }

  const Tensor x = batch(), one = slice(x, 0, {0, 1}), of_it = slice(model(x), 0, {0, 1});
  claim(distance(of_it, model(one)) < 1e-12, "in evaluation a row gets the same answer alone and among others");
  const Tensor in_training = slice(model(x, random.next()), 0, {0, 1});
  claim(distance(of_it, in_training) > 1e-6, "in training it does not");

  const TemporaryFolder folder;
  nn::save(folder / "model.safetensors", model);
  const auto file = ebb::read_safetensors(folder / "model.safetensors");
  claim(file.entries().contains("1.running_mean"), "the running means are saved with the model");
  claim(nn::parameters(model).count() == 3 * 4 + 4 + 2 * 4 + 4 + 1, "but are none of the numbers that are trained");
}
