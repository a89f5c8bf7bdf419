// A recurrent network that guesses the bits of the next character, and the gradient of its loss. Its weights are
// diagonal: each unit has its own. Two of a layer's gates look at its input, the other two at its own last output.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor main_params;   // [2 layers, 4 width]: for each layer a row of weights and one of biases
  Tensor extra_params;  // [3, width]: a weight of the input; a weight and a bias of the output
  Tensor state;         // [2 layers, width]: for each layer its output and its cell, at first
  Tensor sequence;      // [characters, width]
};
void from_json(const Json& json, Input& input) {
  json.at("main_params").get_to(input.main_params), json.at("extra_params").get_to(input.extra_params);
  json.at("state").get_to(input.state), json.at("sequence").get_to(input.sequence);
}

/// One layer, from the first character to the last: x [characters, width] -> [characters, width].
Tensor layer(const Tensor& x, const Tensor& weights, const Tensor& biases, Tensor output, Tensor cell) {
  const auto w = split(weights, 4, 0), b = split(biases, 4, 0);  // forget, in, out, change
  const auto forget = unbind(sigmoid(x * w[0] + b[0])), out = unbind(sigmoid(x * w[2] + b[2]));
  std::vector<Tensor> outputs;
  for (std::size_t t = 0; t < forget.size(); ++t) {
    const Tensor in = sigmoid(output * w[1] + b[1]), change = tanh(output * w[3] + b[3]);
    cell = cell * forget[t] + in * change;
    output = out[t] * tanh(cell);
    outputs.push_back(output);
  }
  return stack(outputs);
}

Tensor loss(const Input& input, const Tensor& main_params, const Tensor& extra_params) {
  const auto parameters = unbind(main_params), extra = unbind(extra_params), state = unbind(input.state);
  Tensor x = slice(input.sequence, 0, {0, -1}) * extra[0];
  for (std::size_t row = 0; row < parameters.size(); row += 2)
    x = layer(x, parameters[row], parameters[row + 1], state[row], state[row + 1]);

  const Tensor scores = x * extra[1] + extra[2];
  const Tensor total = log(2 + sum(exp(scores), 1, {.keep = true}));
  return -mean(slice(input.sequence, 0, {1, {}}) * (scores - total));
}

double objective(const Input& input) { return loss(input, input.main_params, input.extra_params).item(); }

Tensor gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor main_params = tape.watch(input.main_params), extra_params = tape.watch(input.extra_params);
  return ravel(grad(loss(input, main_params, extra_params), {main_params, extra_params}));
}

}  // namespace

Eval lstm() { return {"lstm", {{"objective", function<Input>(objective)}, {"jacobian", function<Input>(gradient)}}}; }

}  // namespace gradbench
