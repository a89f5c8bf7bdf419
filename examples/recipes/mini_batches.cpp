// Mini-batches. The rows of a data set are dealt out in batches, in a new random order in each epoch. A batch is a list
// of rows, by which any number of arrays are read alike. A part of the rows is held out, to judge the model by.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

struct DataSet {
  Tensor points;       // [rows, 2]
  Tensor temperature;  // [rows, 1]
  ebb::IntArray labels;

  DataSet rows(const ebb::IntArray& rows) const {
    return {gather(points, rows, 0), gather(temperature, rows, 0), gather(labels, rows, 0)};
  }
};

/// Three clouds of points. The first is warm, too.
DataSet draw(ebb::Index rows, ebb::Generator& random) {
  const Tensor centres = {{0, 2}, {-2, -1}, {2, -1}};
  const ebb::IntArray labels = ebb::uniform_integers({rows}, random.next(), 0, 3);
  const Tensor warm = unsqueeze(ebb::to_tensor<float>(equal(labels, 0)), 1);
  return {gather(centres, labels, 0) + ebb::normal<float>({rows, 2}, random.next(), 0, 0.7), warm * 10 + 20, labels};
}

}  // namespace

int main() {
  ebb::Generator random(3);
  const DataSet data = draw(600, random);
  const nn::Split split = nn::split_rows(600, 0.25, random.next());
  const DataSet held_out = data.rows(split.held_out);

  const nn::Sequential model(nn::Linear(3, 16, random), nn::Activation::relu, nn::Linear(16, 3, random));
  const auto logits = [&](const DataSet& batch) {
    return model(ebb::concatenate({batch.points, batch.temperature / 30}, 1));
  };
  nn::Adam optimizer(model, {.lr = 0.01});

  nn::MiniBatches batches(split.train, 32, random.next());
  for (ebb::Index step = 0; step < 10 * batches.per_epoch(); ++step) {
    const DataSet batch = data.rows(batches(step));
    ebb::Tape tape;
    tape.backward(cross_entropy(logits(batch), batch.labels));
    optimizer.step();
  }

  const double accuracy = nn::accuracy(logits(held_out), held_out.labels);
  std::printf("right on %d rows that were held out: %.1f %%\n", static_cast<int>(held_out.labels.size()),
              100 * accuracy);
  claim(accuracy > 0.95, "the model is right on more than 95 % of what it has not seen");
}
