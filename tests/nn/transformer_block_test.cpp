#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using nn::Norm;

namespace {

nn::TransformerBlock<double> block_of(nn::TransformerBlockOptions options) {
  ebb::Generator generator(4);
  return nn::TransformerBlock<double>(4, 2, generator, options);
}

struct Stack {
  void visit(auto& field) const { field("blocks", blocks); }
  std::vector<nn::TransformerBlock<double>> blocks;
};

const std::vector<nn::TransformerBlockOptions> placements{
    {.residual = false, .norm = Norm::none}, {.residual = false, .norm = Norm::pre},
    {.residual = false, .norm = Norm::post}, {.residual = true, .norm = Norm::none},
    {.residual = true, .norm = Norm::pre},   {.residual = true, .norm = Norm::post}};

/// Compares the gradient of each parameter with central differences, along a random direction.
template <class Model, class Loss>
void check_parameter_gradients(const Model& model, Loss loss) {
  auto list = nn::parameters(model);
  list.clear_gradients();
  {
    ebb::Tape<double> tape;
    tape.backward(loss());
  }
  std::uint64_t seed = 100;
  for (auto& parameter : list) {
    CAPTURE(parameter.name());
    REQUIRE(parameter.gradient().defined());
    const Tensor<double> before(parameter.value()), direction = small_sample(parameter.shape(), seed++);
    const double step = 1e-5;
    parameter.set_value((before + step * direction).value());
    const double above = loss().item();
    parameter.set_value((before - step * direction).value());
    const double below = loss().item();
    parameter.set_value(before.value());
    const double derivative = ebb::sum(Tensor<double>(parameter.gradient()) * direction).item();
    CHECK(derivative == doctest::Approx((above - below) / (2 * step)).epsilon(1e-6));
  }
}

}  // namespace

TEST_CASE("a block places norms and residual sums as it is told") {
  const auto x = small_sample({2, 3, 4});
  for (const auto& options : placements) {
    const auto block = block_of(options);
    CAPTURE(options.residual);
    CAPTURE(static_cast<int>(options.norm));
    const auto branch = [&](const auto& layer, const auto& norm, const Tensor<double>& in) {
      Tensor<double> y = layer(options.norm == Norm::pre ? (*norm)(in) : in);
      if (options.residual) y = in + y;
      return options.norm == Norm::post ? (*norm)(y) : y;
    };
    const auto between = branch(block.attention, block.attention_norm, x);
    const auto expected = branch(block.feed_forward, block.feed_forward_norm, between);
    CHECK(block(x).to_vector() == expected.to_vector());
    CHECK(block.attention_norm.has_value() == (options.norm != Norm::none));
  }
}

TEST_CASE("derivatives of a block with respect to its input, for every placement") {
  for (auto options : placements) {
    CAPTURE(options.residual);
    CAPTURE(static_cast<int>(options.norm));
    options.hidden = 5;
    options.causal = true;
    const auto block = block_of(options);
    check_gradients([&](const Values& x) { return block(x[0]); }, {small_sample({2, 3, 4})});
  }
}

TEST_CASE("derivatives of a block with respect to its parameters, for every placement") {
  for (auto options : placements) {
    CAPTURE(options.residual);
    CAPTURE(static_cast<int>(options.norm));
    options.hidden = 5;
    options.dropout = 0.25;
    const auto block = block_of(options);
    const auto x = small_sample({2, 3, 4}), weights = small_sample({2, 3, 4}, 6);
    check_parameter_gradients(block, [&] { return ebb::sum(block(x, ebb::Key{8}) * weights); });
  }
}

TEST_CASE("the parameters of a block are named by their path") {
  std::vector<std::string> names;
  for (const auto& parameter : nn::parameters(block_of({}))) names.push_back(parameter.name());
  CHECK(names == std::vector<std::string>{"attention_norm.gain", "attention_norm.bias", "attention.query.weight",
                                          "attention.query.bias", "attention.key.weight", "attention.key.bias",
                                          "attention.value.weight", "attention.value.bias", "attention.output.weight",
                                          "attention.output.bias", "feed_forward_norm.gain", "feed_forward_norm.bias",
                                          "feed_forward.up.weight", "feed_forward.up.bias", "feed_forward.down.weight",
                                          "feed_forward.down.bias"});
  CHECK(nn::parameters(block_of({.norm = Norm::none, .bias = false})).size() == 6);
}

TEST_CASE("a causal block does not look ahead") {
  const auto block = block_of({.causal = true});
  const auto x = small_sample({3, 4});
  const auto changed = ebb::concatenate<double>({ebb::slice(x, 0, {.stop = 2}), small_sample({1, 4}, 9)}, 0);
  const auto a = block(x), b = block(changed);
  CHECK(ebb::slice(a, 0, {.stop = 2}).to_vector() == ebb::slice(b, 0, {.stop = 2}).to_vector());
  CHECK(a.at({2, 0}) != b.at({2, 0}));
}

TEST_CASE("a block passes a padding mask to its attention") {
  const auto block = block_of({});
  const auto x = small_sample({1, 3, 4});
  const auto masked = block(x, {}, nn::padding_mask(IntArray({1, 3}, {1, 1, 0}), 0));
  const auto shorter = block(ebb::slice(x, 1, {.stop = 2}));
  const auto a = ebb::slice(masked, 1, {.stop = 2}).to_vector(), b = shorter.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("a block drops out with a key only, and differently in its branches") {
  const auto block = block_of({.dropout = 0.5});
  const auto x = small_sample({3, 4});
  CHECK(block(x).to_vector() == block_of({}).operator()(x).to_vector());
  CHECK(block(x, ebb::Key{1}).to_vector() == block(x, ebb::Key{1}).to_vector());
  CHECK(block(x, ebb::Key{1}).to_vector() != block(x, ebb::Key{2}).to_vector());
  const auto between = x + ebb::dropout(block.attention((*block.attention_norm)(x)), 0.5, ebb::Key{1}.child(0));
  const auto expected =
      between + ebb::dropout(block.feed_forward((*block.feed_forward_norm)(between)), 0.5, ebb::Key{1}.child(1));
  CHECK(block(x, ebb::Key{1}).to_vector() == expected.to_vector());
}

TEST_CASE("a block hands out the weights of its attention") {
  const auto x = small_sample({3, 4});
  const auto pre = block_of({.causal = true}), post = block_of({.causal = true, .norm = Norm::post});
  CHECK(pre.attention_weights(x).to_vector() ==
        pre.attention.attention_weights((*pre.attention_norm)(x), {.causal = true}).to_vector());
  CHECK(post.attention_weights(x).to_vector() == post.attention.attention_weights(x, {.causal = true}).to_vector());
}

TEST_CASE("output_scale scales the last weights of each branch") {
  const auto plain = block_of({}), scaled = block_of({.output_scale = 0.5});
  CHECK(scaled.attention.output.weight.value().at({1, 2}) == 0.5 * plain.attention.output.weight.value().at({1, 2}));
  CHECK(scaled.feed_forward.down.weight.value().at({1, 2}) == 0.5 * plain.feed_forward.down.weight.value().at({1, 2}));
  CHECK(scaled.attention.query.weight.value().at({1, 2}) == plain.attention.query.weight.value().at({1, 2}));
}

struct AnnouncedScopes : ebb::Observer<double> {
  void announced(const std::string& scope, const Tensor<double>&) override { seen.push_back(scope); }
  std::vector<std::string> seen;
};

TEST_CASE("records in a stack of blocks carry the paths of their parameters") {
  ebb::Generator generator(4);
  Stack stack;
  auto& blocks = stack.blocks;
  for (int i = 0; i < 2; ++i) blocks.emplace_back(4, 2, generator);
  ebb::Tape<double> tape;
  const auto scopes = std::make_shared<AnnouncedScopes>();
  tape.observe(scopes);
  const int line = __LINE__ + 1;
  const auto y = nn::call(stack, blocks, small_sample({3, 4}));
  CHECK(scopes->seen == std::vector<std::string>{"blocks.0", "blocks.1"});
  for (const auto& parameter : nn::parameters(blocks[1])) {
    const auto& leaf = tape[tape.leaves_of(parameter).front()];
    CHECK("blocks.1." + parameter.name().substr(0, parameter.name().rfind('.')) == *leaf.scope);
    CHECK(leaf.where.line() == line);
  }
}

TEST_CASE("a block with RMS norms, a gate and scaled residual sums is the formula written out") {
  Generator generator(1);
  const nn::TransformerBlock<double> block(4, 2, generator,
                                           {.scaling = {.skip = 1.5, .branch = 0.5, .layer_scale = 0.1},
                                            .norm_kind = nn::NormKind::rms_norm,
                                            .hidden = 6,
                                            .activation = nn::Activation::silu,
                                            .gated = true});
  const Tensor<double> x = normal<double>({2, 3, 4}, Key{1});
  const auto norm = [](const Tensor<double>& h) { return rms_norm(h, ones<double>({4})); };
  const auto& feed = block.feed_forward;
  const Tensor<double> between = 1.5 * x + 0.5 * 0.1 * block.attention(norm(x)), h = norm(between);
  const Tensor<double> fed = feed.down(silu((*feed.gate)(h)) * feed.up(h));
  check_values(block(x), (1.5 * between + 0.5 * 0.1 * fed).to_vector());
}

TEST_CASE("rezero's branches start at 0 and learn their scale") {
  Generator generator(1);
  const nn::TransformerBlock<float> block(4, 2, generator, {.scaling = {.rezero = true}, .norm = nn::Norm::none});
  const Tensor<float> x = normal<float>({2, 3, 4}, Key{1});
  CHECK(block(x).to_vector() == x.to_vector());
  Tape<float> tape;
  tape.backward(sum(square(block(x))));
  CHECK(nn::parameters(block)["attention_scale"].gradient().item() != 0);
  CHECK(nn::parameters(block)["feed_forward_scale"].gradient().item() != 0);
  nn::parameters(block).clear_gradients();
}

TEST_CASE("scales that cannot be are refused, and those of stacks follow the papers") {
  Generator generator(1);
  const auto block = [&](nn::ResidualScaling scaling) {
    return nn::TransformerBlock<float>(4, 2, generator, {.scaling = scaling});
  };
  CHECK_ERROR(block({.layer_scale = 0.1, .rezero = true}), "two scales for one branch");
  CHECK_ERROR(block({.skip = NAN}), "a scale must be finite, not nan");
  CHECK(nn::deep_norm_skip(8) == 2);
  CHECK(nn::deep_norm_scale(2) == 0.5);
  CHECK(nn::t_fixup_scale(16) == close_to(0.335));
  CHECK_ERROR(nn::t_fixup_scale(0), "needs its number of layers, not 0");
  const nn::TransformerBlock<float> scaled(4, 2, generator, {.inner_scale = 0, .output_scale = 2});
  CHECK(max(abs(scaled.attention.value.weight.value())).item() == 0);
  CHECK(max(abs(scaled.feed_forward.up.weight.value())).item() == 0);
}
