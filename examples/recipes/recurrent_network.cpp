// A recurrent network over a series: an LSTM reads it step by step, and carries on a state. It can start in a state, so
// that a long series is read in parts; and it can remember: here, the first number of a series to its end.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;
constexpr ebb::Index length = 8;

struct Model {
  explicit Model(ebb::Generator& random) : lstm(1, 16, random), head(16, 1, random) {}
  /// A number for each series: [batch, length, 1] -> [batch, 1].
  Tensor operator()(const Tensor& x) const {
    const Tensor states = call(*this, lstm, x);  // [batch, length, 16]
    return call(*this, head, select(states, 1, -1));
  }
  void visit(auto& field) const { field("lstm", lstm), field("head", head); }
  nn::LSTM<float> lstm;
  nn::Linear<float> head;
};

Tensor draw(ebb::Index batch, ebb::Generator& random) {
  return ebb::uniform<float>({batch, length, 1}, random.next(), -1, 1);
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const Model model(random);
  nn::Adam optimizer(model, {.lr = 0.02, .clip = nn::clip_by_norm(1.0)});
  for (int step = 0; step < 2000; ++step) {
    const Tensor x = draw(32, random);
    ebb::Tape tape;
    tape.backward(mean_squared_error(model(x), select(x, 1, 0)));
    optimizer.step();
  }
  const Tensor x = draw(200, random);
  const double remembered = nn::r_squared(model(x), select(x, 1, 0));
  std::printf("share of the first number's variance that is left at the end: %.3f\n", remembered);
  claim(remembered > 0.9, "the network remembers the first of 8 numbers");

  // In parts: the second goes on from the states in which the first ended.
  const auto whole = model.lstm.run(x);
  const auto first = model.lstm.run(slice(x, 1, {.stop = 3}));
  const auto second = model.lstm.run(slice(x, 1, {.start = 3}), first.states);
  const Tensor difference = ebb::concatenate({first.y, second.y}, 1) - whole.y;
  claim(max(abs(difference)).item() < 1e-5F, "read in two parts, a series gives the same");
}
