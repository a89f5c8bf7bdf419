#include "support/check.hpp"

using namespace ebb_test;

TEST_CASE("a decoder's block looks up the memory, and not into the future") {
  Generator generator(1);
  const nn::DecoderBlock<double> block(8, 2, generator);
  const Tensor<double> x = normal<double>({2, 5, 8}, Key{1}), memory = normal<double>({2, 3, 8}, Key{2});
  const Tensor<double> y = block(x, memory);
  CHECK(y.shape() == x.shape());
  // The first three positions do not depend on the last two; all depend on the memory.
  const Tensor<double> other = concatenate({slice(x, 1, {0, 3}), normal<double>({2, 2, 8}, Key{3})}, 1);
  check_values(slice(block(other, memory), 1, {0, 3}), slice(y, 1, {0, 3}).to_vector());
  CHECK(max(abs(slice(block(x, memory + 1), 1, {0, 1}) - slice(y, 1, {0, 1}))).item() > 1e-3);
  // What the mask hides of the memory does not matter.
  const IntArray mask({2, 1, 1, 3}, {1, 1, 0, 1, 1, 0});
  const Tensor<double> changed = concatenate({slice(memory, 1, {0, 2}), normal<double>({2, 1, 8}, Key{4})}, 1);
  check_values(block(x, memory, {}, mask), block(x, changed, {}, mask).to_vector());
}

TEST_CASE("a decoder's block lists its parameters, trains all of them, and drops out by key") {
  Generator generator(1);
  for (const nn::Norm norm : {nn::Norm::none, nn::Norm::pre, nn::Norm::post}) {
    const nn::DecoderBlock<float> block(8, 2, generator, {.norm = norm, .dropout = 0.5});
    const auto x = normal<float>({1, 4, 8}, Key{1}), memory = normal<float>({1, 3, 8}, Key{2});
    auto parameters = nn::parameters(block);
    CHECK(parameters.size() == (norm == nn::Norm::none ? 20 : 26));
    Tape<float> tape;
    const auto y = block(x, memory, Key{5});
    tape.backward(sum(square(y)));
    for (const Parameter<float>& parameter : parameters) {
      CAPTURE(parameter.name());
      CHECK(parameter.gradient().defined());
    }
    parameters.clear_gradients();
    CHECK(block(x, memory, Key{5}).to_vector() == y.to_vector());
    CHECK(block(x, memory).to_vector() != y.to_vector());
  }
  CHECK_ERROR(nn::DecoderBlock<float>(8, 3, generator), "cannot be divided among 3 heads");
}

TEST_CASE("only a decoder's self-attention has positions: the memory may stand in any order, however long it is") {
  Generator generator(1);
  const nn::DecoderBlock<double> block(
      8, 4, generator, {.scaling = {.layer_scale = 0.5}, .key_heads = 2, .rotary = true, .qk_norm = true, .window = 2});
  CHECK(block.memory_attention.key.weight.shape() == Shape{8, 4});
  const Tensor<double> x = normal<double>({1, 5, 8}, Key{1}), memory = normal<double>({1, 7, 8}, Key{2});
  const Tensor<double> y = block(x, memory);
  check_values(block(x, flip(memory, {1})), y.to_vector());
  CHECK(max(abs(block(flip(x, {1}), memory) - flip(y, {1}))).item() > 1e-3);
  // The scale of the branch to the memory is its own.
  nn::parameters<double>(block)["memory_scale"].set_value(zeros<double>({8}));
  check_values(block(x, memory), block(x, 3 * memory).to_vector());
}
