// Tied weights: one table of vectors for the input and the output of a model (Press & Wolf 2017), and two layers that
// are the same parameter by `tie`. A tied parameter is listed, stepped and saved once, and gets the gradients of all
// its uses.

#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

struct Model {
  explicit Model(ebb::Generator& random)
      : table(50, 8, random, nn::Init::normal(0.35)), up(8, 8, random), down(8, 8, random) {
    tie(up.weight, down.weight);  // from here on, down's is up's
  }
  Tensor operator()(const ebb::IntArray& ids) const {
    const Tensor h = call(*this, down, tanh(call(*this, up, call(*this, table, ids))));
    const nn::LayerScope scope(*this, table);
    return table.logits(h);  // scores of all ids, by the table that the input is read from
  }
  void visit(auto& field) const { field("table", table), field("up", up), field("down", down); }

  nn::Embedding<double> table;
  nn::Linear<double> up, down;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Model model(random);
  const auto parameters = nn::parameters<double>(model);
  claim(parameters.size() == 4, "there are a table, one weight and two biases");
  claim(parameters.count() == 50 * 8 + 8 * 8 + 8 + 8, "and each number counts once");

  ebb::Tape<double> tape;
  tape.backward(cross_entropy(model({3, 14, 15}), {9, 26, 5}));
  const Tensor in_both = model.up.weight.gradient();
  claim(norm(in_both - model.down.weight.gradient()).item() == 0, "both layers show the one gradient, of both uses");
  claim(norm(select(model.table.table.gradient(), 0, 40)).item() > 0,
        "an id that the input lacks has a gradient all the same, as an output");

  nn::SGD optimizer(parameters, {.lr = 0.1});
  optimizer.step();
  claim(model.up.weight.value().to_vector() == model.down.weight.value().to_vector(), "a step leaves them tied");
}
