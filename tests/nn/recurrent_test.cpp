#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

template <class Layer>
std::vector<std::string> names(const Layer& layer) {
  std::vector<std::string> found;
  for (const auto& parameter : nn::parameters<double>(layer)) found.push_back(parameter.name());
  return found;
}

/// The layer's results, step by step with its only cell.
template <class Layer>
std::vector<double> by_steps(const Layer& layer, const Tensor<double>& x) {
  std::optional<nn::RecurrentState<double>> state;
  Values y;
  for (Index t = 0; t < x.extent(-2); ++t) {
    state = layer.forward[0](squeeze(slice(x, -2, {t, t + 1}), {-2}), state);
    y.push_back(state->hidden);
  }
  return stack(y, -2).to_vector();
}

}  // namespace

TEST_CASE("a recurrent layer is its cell, step by step") {
  Generator generator(1);
  const Tensor<double> x = sample({2, 5, 3});
  const nn::RNN<double> rnn(3, 4, generator);
  const nn::GRU<double> gru(3, 4, generator), without(3, 4, generator, {.bias = false});
  const nn::LSTM<double> lstm(3, 4, generator);
  check_values(rnn(x), by_steps(rnn, x));
  check_values(gru(x), by_steps(gru, x));
  check_values(without(x), by_steps(without, x));
  check_values(lstm(x), by_steps(lstm, x));
  CHECK(lstm(x).shape() == Shape{2, 5, 4});
  CHECK(lstm(sample({5, 3})).shape() == Shape{5, 4});
}

TEST_CASE("an LSTM cell of hand-computed numbers: both biases add up, and the state starts at 0") {
  Generator generator(1);
  nn::LSTMCell<double> cell(1, 1, generator);
  cell.input_weight.set_value(Tensor<double>({1, 4}, {1, 2, 3, 4}));
  cell.hidden_weight.set_value(Tensor<double>({1, 4}, {5, 6, 7, 8}));
  cell.input_bias.set_value(Tensor<double>({4}, {0.1, 0.2, 0.3, 0.4}));
  cell.hidden_bias.set_value(Tensor<double>({4}, {0.5, 0.5, 0.5, 0.5}));
  const auto s = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto [hidden, c] = cell(Tensor<double>({1}, {0.5}));
  const double expected = s(0.5 + 0.6) * std::tanh(1.5 + 0.8);
  CHECK(c.item() == close_to(expected));
  CHECK(hidden.item() == close_to(s(2 + 0.9) * std::tanh(expected)));
}

TEST_CASE("a GRU's biases are apart: r scales the hidden one of n") {
  Generator generator(1);
  nn::GRUCell<double> cell(1, 1, generator);
  cell.input_weight.set_value(Tensor<double>({1, 3}, {0, 0, 1}));
  cell.hidden_weight.set_value(Tensor<double>({1, 3}, {0, 0, 0}));
  cell.input_bias.set_value(Tensor<double>({3}, {0, 0, 0.25}));
  cell.hidden_bias.set_value(Tensor<double>({3}, {0, 0, 3}));
  CHECK(cell(Tensor<double>({1}, {0.5})).hidden.item() == close_to(std::tanh(0.5 + 0.25 + 0.5 * 3) / 2));
}

TEST_CASE("a long sequence in parts, with the states handed on, is the sequence at once") {
  Generator generator(1);
  const nn::LSTM<double> lstm(3, 4, generator, {.layers = 2});
  const Tensor<double> x = sample({2, 6, 3});
  const auto [first, states] = lstm.run(slice(x, 1, {0, 4}));
  const auto [second, last] = lstm.run(slice(x, 1, {4, 6}), states);
  check_values(concatenate({first, second}, 1), lstm(x).to_vector());
  REQUIRE(last.size() == 2);
  CHECK(last[1].hidden.to_vector() == squeeze(slice(second, 1, {1, 2}), {1}).to_vector());
  CHECK(last[0].cell.shape() == Shape{2, 4});
}

TEST_CASE("detached states let no gradient back into the part before") {
  Generator generator(1);
  const nn::LSTM<double> lstm(2, 3, generator);
  Tape<double> tape;
  const Tensor<double> x = tape.watch(sample({1, 2, 2}));
  auto states = lstm.run(x).states;
  CHECK(sum(abs(grad(sum(lstm.run(sample({1, 2, 2}, 2), states).y), x))).item() > 0);
  states[0] = states[0].detach();
  const Tensor<double> y = sum(lstm.run(sample({1, 2, 2}, 2), states).y);
  CHECK(sum(abs(grad(y, x, {.allow_unused = true}))).item() == 0);
}

TEST_CASE("a bidirectional layer joins the sequence's reading from either end") {
  Generator generator(1);
  const nn::GRU<double> both(3, 2, generator, {.bidirectional = true});
  const Tensor<double> x = sample({2, 4, 3}), y = both(x);
  CHECK(y.shape() == Shape{2, 4, 4});
  const auto half = split(y, 2, -1);
  check_values(half[0], both.forward[0].run(x, {}, ebb::SourceLocation::current()).y.to_vector());
  check_values(flip(half[1], {1}),
               both.backward[0].run(flip(x, {1}), {}, ebb::SourceLocation::current()).y.to_vector());
  CHECK(both.run(x).states.size() == 2);
}

TEST_CASE("layers stand on each other, and name their parameters by direction and number") {
  Generator generator(1);
  const nn::RNN<double> rnn(3, 2, generator, {.layers = 2, .bidirectional = true, .bias = false});
  CHECK(names(rnn) == std::vector<std::string>{"forward.0.input_weight", "forward.0.hidden_weight",
                                               "forward.1.input_weight", "forward.1.hidden_weight",
                                               "backward.0.input_weight", "backward.0.hidden_weight",
                                               "backward.1.input_weight", "backward.1.hidden_weight"});
  CHECK(rnn.forward[1].input_weight.shape() == Shape{4, 2});
  Tape<double> tape;
  (void)rnn(sample({1, 2, 3}));
  CHECK(parameter_name(tape[rnn.backward[1].hidden_weight]) == "backward.1.hidden_weight");
}

TEST_CASE("derivatives of recurrent layers with respect to the input and the states") {
  Generator generator(1);
  const nn::LSTM<double> lstm(2, 3, generator, {.layers = 2, .bidirectional = true});
  check_gradients([&](const Values& v) { return lstm(v[0]); }, {sample({2, 3, 2})});
  const nn::GRU<double> gru(2, 3, generator);
  check_gradients([&](const Values& v) { return gru.run(v[0], {{v[1]}}).y; }, {sample({2, 3, 2}), sample({2, 3}, 2)});
}

TEST_CASE("a recurrent layer in a Sequential hands its sequence on") {
  Generator generator(1);
  const nn::Sequential net(nn::LSTM<double>(2, 3, generator), nn::Linear<double>(3, 1, generator));
  CHECK(net(sample({4, 5, 2})).shape() == Shape{4, 5, 1});
}

TEST_CASE("recurrent layers refuse what does not fit") {
  Generator generator(1);
  CHECK_ERROR(nn::LSTM<float>(-1, 3, generator), "LSTM(-1, 3): a size");
  CHECK_ERROR(nn::GRU<float>(2, 3, generator, {.layers = 0}), "GRU: there must be a layer at least, not 0");
  CHECK_ERROR(nn::RNNCell<float>(2, -3, generator), "RNNCell(2, -3): a size");
  const nn::LSTM<double> lstm(2, 3, generator);
  const Tensor<double> x = sample({4, 5, 2});
  CHECK_ERROR(lstm(sample({4, 5, 3})), "x must have the shape [..., length, 2], not [4, 5, 3]", "recurrent_test.cpp");
  CHECK_ERROR(lstm.run(x, {{}, {}}), "there are 2 states for 1 layers and directions");
  CHECK_ERROR(lstm.run(x, {{sample({4, 3})}}), "an LSTM's state has a hidden and a cell, but the cell is undefined");
  CHECK_ERROR(lstm.run(x, {{sample({3}), sample({3})}}), "lstm: the initial state must have the shape [4, 3], not [3]");
  const nn::GRU<double> gru(2, 3, generator);
  CHECK_ERROR(gru.run(x, {{sample({4, 3}), sample({4, 3})}}), "only an LSTM's state has a cell");
}
