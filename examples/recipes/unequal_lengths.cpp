// Sequences of unequal length in one batch. They are padded to the longest; a mask hides the padding from attention and
// from the mean over positions, so that each sequence gets what it would get alone.

#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;
constexpr std::int32_t padding = 0;

struct Encoder {
  explicit Encoder(ebb::Generator& random) : embedding(10, 8, random), attention(8, 2, random) {}

  /// One vector for each sequence: ids [sequences, length] -> [sequences, 8].
  Tensor operator()(const ebb::IntArray& ids) const {
    const Tensor x = call(*this, embedding, ids);
    const ebb::AttentionOptions<double> options{.mask = nn::padding_mask(ids, padding)};
    const Tensor y = call(*this, attention, x, options);  // at the places of padding it is of no meaning
    const Tensor real = ebb::to_tensor<double>(logical_not(equal(ids, padding)));
    return sum(y * unsqueeze(real, -1), 1) / sum(real, 1, {.keep = true});
  }
  void visit(auto& field) const { field("embedding", embedding), field("attention", attention); }

  nn::Embedding<double> embedding;
  nn::MultiHeadAttention<double> attention;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Encoder encoder(random);

  const auto [ids, mask] = nn::pad_sequences<std::int32_t>({{3, 1, 4, 1, 5}, {9, 2}, {6}}, padding);
  claim(ids.shape() == ebb::Shape{3, 5} && sum(mask) == 8, "three sequences with 8 elements in all stand in [3, 5]");

  ebb::Tape<double> tape;
  const Tensor together = encoder(ids);
  const Tensor alone = encoder(ebb::IntArray({1, 2}, {9, 2}));
  claim(norm(select(together, 0, 1) - select(alone, 0, 0)).item() < 1e-12, "in a batch each gets what it gets alone");

  tape.backward(sum(square(together)));
  const Tensor gradient = encoder.embedding.table.gradient();  // [10, 8]
  claim(norm(select(gradient, 0, padding)).item() == 0, "no gradient reaches the embedding of padding");
  claim(norm(select(gradient, 0, 9)).item() > 0, "that of an element gets one");
}
