// Encoder and decoder (Vaswani et al. 2017), on a task that shows whether attention to the encoder's result works: to
// write five digits backwards. The decoder sees what stands before each place, and all of the input by cross-attention.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;
constexpr ebb::Index digits = 5;
constexpr std::int32_t start = 10;  // the token before the first digit

struct Model {
  explicit Model(ebb::Generator& init)
      : tokens({11, 32, init}, {5, 32, init}), encoder(32, 4, init), decoder(32, 4, init), head(32, 10, init) {}
  Tensor operator()(const ebb::IntArray& source, const ebb::IntArray& target) const {
    const Tensor memory = call(*this, encoder, call(*this, tokens, source));
    return call(*this, head, call(*this, decoder, call(*this, tokens, target), memory));
  }
  void visit(auto& field) const {
    field("tokens", tokens), field("encoder", encoder), field("decoder", decoder), field("head", head);
  }
  nn::Sequential<nn::Embedding<float>, nn::LearnedPositions<float>> tokens;
  nn::TransformerBlock<float> encoder;
  nn::DecoderBlock<float> decoder;
  nn::Linear<float> head;
};

/// The start, then the digits backwards.
ebb::IntArray answer(const ebb::IntArray& source) {
  return ebb::concatenate({ebb::IntArray({source.extent(0), 1}, start), gather(source, {4, 3, 2, 1, 0}, 1)}, 1);
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const Model model(random);
  nn::AdamW optimizer(model, {.lr = 0.004, .clip = nn::clip_by_norm(1.0)});
  for (int step = 0; step < 300; ++step) {
    const ebb::IntArray source = ebb::uniform_integers({64, digits}, random.next(), 0, 10), target = answer(source);
    ebb::Tape tape;
    tape.backward(cross_entropy(model(source, slice(target, 1, {.stop = digits})), slice(target, 1, {.start = 1})));
    optimizer.step();
  }

  // Written digit by digit, each from those that the model wrote itself.
  const ebb::IntArray source = ebb::uniform_integers({200, digits}, random.next(), 0, 10);
  ebb::IntArray written({200, 1}, start);
  for (int place = 0; place < digits; ++place)
    written = ebb::concatenate({written, argmax(slice(model(source, written), 1, {.start = -1}))}, 1);
  const double right = nn::accuracy(slice(written, 1, {.start = 1}), slice(answer(source), 1, {.start = 1}));
  std::printf("right digits: %.1f %%\n", 100 * right);
  claim(right > 0.97, "the model writes backwards what it has never read");
}
