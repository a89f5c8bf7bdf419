// A small convolutional network for images, channels last: [batch, height, width, channels]. Convolutions find strokes
// wherever they are, pooling halves the image, and a mean over all places says whether there were any.

#include <cstdio>
#include <ebb/ebb.hpp>
#include <iostream>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;
constexpr ebb::Index size = 10;

struct Images {
  Tensor pixels;  // [count, size, size, 1]
  ebb::IntArray labels;
};

/// A bright row (0), a bright column (1) or a bright diagonal (2), anywhere, in noise.
Images draw(ebb::Index count, ebb::Generator& random) {
  const ebb::IntArray labels = ebb::uniform_integers({count}, random.next(), 0, 3);
  const ebb::IntArray places = ebb::uniform_integers({count, 1, 1}, random.next(), 0, size);
  const ebb::IntArray columns = ebb::arange(0, size), rows = unsqueeze(columns, 1);
  const ebb::IntArray which = reshape(labels, {-1, 1, 1});
  const ebb::IntArray distance = where(equal(which, 0), rows, where(equal(which, 1), columns, rows - columns)) - places;
  const ebb::IntArray bright = equal(remainder(distance, size), 0);  // [count, size, size]
  const Tensor noise = ebb::normal<float>({count, size, size}, random.next(), 0, 0.3);
  return {unsqueeze(ebb::to_tensor<float>(bright) + noise, -1), labels};
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential model(
      nn::Conv2d(1, 8, 3, random, {.padding = 1}), nn::Activation::relu, nn::MaxPool({2, 2}),
      nn::Conv2d(8, 16, 3, random), nn::Activation::relu,
      [](const Tensor& x) {
        return mean(x, {1, 2});
      },  // over height and width
      nn::Linear(16, 3, random));
  std::cout << nn::summary(model, draw(64, random).pixels);
  nn::AdamW optimizer(model, {.lr = 0.01});
  for (int step = 0; step < 150; ++step) {
    const auto [pixels, labels] = draw(64, random);
    ebb::Tape tape;
    tape.backward(cross_entropy(model(pixels), labels));
    optimizer.step();
  }

  const auto [pixels, labels] = draw(500, random);
  const double right = nn::accuracy(model(pixels), labels);
  std::printf("right on new images: %.1f %%\n", 100 * right);
  claim(right > 0.95, "the network tells rows, columns and diagonals apart");
}
