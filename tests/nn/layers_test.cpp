#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

/// A model of one layer, "part".
template <class Layer>
struct Model {
  void visit(auto& field) const { field("part", part); }
  Layer part;
};
template <class Layer>
Model(Layer) -> Model<Layer>;

}  // namespace

TEST_CASE("Linear is x W + b with b starting at 0") {
  ebb::Generator generator(1);
  nn::Linear<double> layer(2, 3, generator);
  CHECK(layer.bias.value().to_vector() == std::vector<double>{0, 0, 0});
  layer.weight.set_value(Array<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
  layer.bias.set_value(Array<double>({3}, {10, 20, 30}));
  CHECK(layer(Tensor<double>({1, 2}, {1, -1})).to_vector() == std::vector<double>{7, 17, 27});
}

TEST_CASE("Linear without a bias has one parameter") {
  ebb::Generator generator(1);
  const nn::Linear<> layer(2, 3, generator, {.bias = false});
  CHECK(nn::parameters(layer).size() == 1);
  CHECK(layer(ebb::ones<float>({4, 2})).shape() == Shape{4, 3});
}

TEST_CASE("a layer's error names the caller's line and the scope") {
  ebb::Generator generator(1);
  const Model model{nn::FeedForward<>(4, 8, generator)};
  CHECK_ERROR(nn::call(model, model.part, ebb::ones<float>({2, 3})), "layers_test.cpp", "in part.up");
}

TEST_CASE("Embedding looks up rows, and logits compares with them") {
  ebb::Generator generator(1);
  nn::Embedding<double> layer(3, 2, generator);
  layer.table.set_value(Array<double>({3, 2}, {1, 2, 3, 4, 5, 6}));
  CHECK(layer(IntArray({2}, {2, 0})).to_vector() == std::vector<double>{5, 6, 1, 2});
  CHECK(layer.logits(Tensor<double>({1, 2}, {1, -1})).to_vector() == std::vector<double>{-1, -1, -1});
}

TEST_CASE("norm layers start as plain normalisation") {
  const Tensor<double> x = small_sample({2, 3});
  CHECK(nn::LayerNorm<double>(3)(x).to_vector() == ebb::layer_norm(x).to_vector());
  const Tensor<double> y = nn::RMSNorm<double>(2, 0)(Tensor<double>({2}, {3, 4}));
  CHECK(y.at({0}) == doctest::Approx(3 / std::sqrt(12.5)));
  CHECK(y.at({1}) == doctest::Approx(4 / std::sqrt(12.5)));
}

TEST_CASE("Dropout without a key is the identity, with a key the op") {
  const nn::Dropout<double> layer(0.5);
  const Tensor<double> x = small_sample({100});
  CHECK(layer(x).to_vector() == x.to_vector());
  CHECK(layer(x, ebb::Key{3}).to_vector() == ebb::dropout(x, 0.5, ebb::Key{3}).to_vector());
  CHECK(nn::Dropout<double>(0)(x, ebb::Key{3}).to_vector() == x.to_vector());
  CHECK_THROWS_WITH_AS(nn::Dropout<double>(1.5), "Dropout(1.5): the probability must be within [0, 1]", ebb::Error);
}

TEST_CASE("FeedForward is two linear maps with an activation between") {
  ebb::Generator generator(1);
  const nn::FeedForward<double> layer(2, 5, generator, {.activation = nn::Activation::tanh});
  const Tensor<double> x = small_sample({3, 2});
  CHECK(layer(x).to_vector() == layer.down(ebb::tanh(layer.up(x))).to_vector());
}

TEST_CASE("each activation is the op of its name") {
  const Tensor<double> x = small_sample({7});
  using nn::Activation;
  CHECK(nn::activate(Activation::identity, x).to_vector() == x.to_vector());
  CHECK(nn::activate(Activation::relu, x).to_vector() == ebb::relu(x).to_vector());
  CHECK(nn::activate(Activation::gelu, x).to_vector() == ebb::gelu(x).to_vector());
  CHECK(nn::activate(Activation::gelu_tanh, x).to_vector() == ebb::gelu_tanh(x).to_vector());
  CHECK(nn::activate(Activation::silu, x).to_vector() == ebb::silu(x).to_vector());
  CHECK(nn::activate(Activation::sigmoid, x).to_vector() == ebb::sigmoid(x).to_vector());
  CHECK_THROWS_WITH_AS(nn::activate(static_cast<Activation>(99), x), "unknown activation", ebb::Error);
}

TEST_CASE("Residual adds its input, and passes the key on") {
  ebb::Generator generator(1);
  const nn::Residual around_linear(nn::Linear<double>(3, 3, generator));
  const Tensor<double> x = small_sample({2, 3});
  CHECK(around_linear(x).to_vector() == (x + around_linear.layer(x)).to_vector());
  CHECK(nn::parameters(around_linear)[0].name() == "layer.weight");
  const nn::Residual around_dropout(nn::Dropout<double>(0.5));
  CHECK(around_dropout(x, ebb::Key{1}).to_vector() == (x + ebb::dropout(x, 0.5, ebb::Key{1})).to_vector());
}

TEST_CASE("Sequential runs layers and functions in order, each in the scope of its number") {
  ebb::Generator generator(1);
  const Model model{nn::Sequential(
      nn::Linear<double>(2, 4, generator), [](const Tensor<double>& x) { return tanh(x); }, nn::Dropout<double>(0.5),
      nn::Linear<double>(4, 1, generator))};
  const auto& net = model.part;
  const auto& [first, activation, dropout, last] = net.layers;
  const Tensor<double> x = small_sample({3, 2});
  CHECK(net(x).to_vector() == last(ebb::tanh(first(x))).to_vector());
  CHECK(net(x, ebb::Key{1}).to_vector() == last(dropout(ebb::tanh(first(x)), ebb::Key{1}.child(2))).to_vector());
  const auto list = nn::parameters(net);
  REQUIRE(list.size() == 4);
  CHECK(list[2].name() == "3.weight");

  ebb::Tape<double> tape;
  const int line = __LINE__ + 1;
  const auto y = nn::call(model, net, x);
  const auto& record = tape[y];
  CHECK(*record.scope == "part.3");
  CHECK(record.where.line() == line);
}

TEST_CASE("learned positions add a row of their table to each position") {
  ebb::Generator generator(1);
  const nn::LearnedPositions<double> positions(4, 2, generator);
  const Tensor<double> x = small_sample({2, 3, 2}), y = positions(x);
  for (int b = 0; b < 2; ++b)
    for (int p = 0; p < 3; ++p)
      for (int i = 0; i < 2; ++i) CHECK(y.at({b, p, i}) == x.at({b, p, i}) + positions.table.value().at({p, i}));
}

TEST_CASE("sinusoidal positions have no parameters and the values of their formula") {
  const nn::SinusoidalPositions<double> positions(8, 4);
  CHECK(nn::parameters<double>(positions).empty());
  const Tensor<double> y = positions(ebb::zeros<double>({8, 4}));
  CHECK(y.at({0, 0}) == 0);
  CHECK(y.at({0, 1}) == 1);
  CHECK(y.at({5, 0}) == doctest::Approx(std::sin(5)));
  CHECK(y.at({5, 1}) == doctest::Approx(std::cos(5)));
  CHECK(y.at({5, 2}) == doctest::Approx(std::sin(0.05)));
  CHECK(y.at({5, 3}) == doctest::Approx(std::cos(0.05)));
}

TEST_CASE("an input longer than the context of its positions is refused with the caller's line") {
  ebb::Generator generator(1);
  const nn::LearnedPositions<> positions(4, 2, generator);
  CHECK_ERROR(positions(ebb::zeros<float>({5, 2})), "positions of a context of 4 and width 2", "layers_test.cpp");
  CHECK_ERROR(positions(ebb::zeros<float>({4, 3})), "need an input of shape [..., length up to 4, 2], but got [4, 3]");
}

TEST_CASE("the initial values of a model depend on the generator's seed alone") {
  const auto weights = [](std::uint64_t seed) {
    ebb::Generator generator(seed);
    return nn::TransformerBlock<double>(4, 2, generator).feed_forward.down.weight.value().to_vector();
  };
  CHECK(weights(1) == weights(1));
  CHECK(weights(1) != weights(2));
}

TEST_CASE("derivatives of positions, norm layers and feed-forward with respect to the input") {
  ebb::Generator generator(1);
  const nn::LearnedPositions<double> learned(4, 4, generator);
  const nn::SinusoidalPositions<double> sinusoidal(4, 4);
  const nn::FeedForward<double> feed_forward(4, 6, generator);
  const nn::LayerNorm<double> norm(4);
  check_gradients([&](const Values& x) { return norm(feed_forward(sinusoidal(learned(x[0])))); },
                  {small_sample({2, 3, 4})});
}

TEST_CASE("sizes and options that a layer cannot have are refused by its name") {
  ebb::Generator generator(1);
  const ebb::Index large = ebb::Index{1} << 40;
  CHECK_ERROR(nn::Linear<float>(-1, 3, generator), "Linear(-1, 3): a size must be within 0 and 2147483647, not -1");
  CHECK_ERROR(nn::Linear<float>(3, large, generator), "Linear(3, 1099511627776)");
  CHECK_ERROR(nn::Embedding<float>(-2, 3, generator), "Embedding(-2, 3)");
  CHECK_ERROR(nn::LayerNorm<float>(-1), "LayerNorm(-1)");
  CHECK_ERROR(nn::RMSNorm<float>(-1), "RMSNorm(-1)");
  CHECK_ERROR(nn::LearnedPositions<float>(-1, 3, generator), "LearnedPositions(-1, 3)");
  CHECK_ERROR(nn::SinusoidalPositions<float>(3, -1), "SinusoidalPositions(3, -1)");
  CHECK_ERROR(nn::FeedForward<float>(4, -5, generator), "FeedForward(4, -5)");
  CHECK_ERROR(nn::MultiHeadAttention<float>(-4, 2, generator), "a width of -4 cannot be divided among 2 heads");
  CHECK_ERROR(nn::TransformerBlock<float>(4, 2, generator, {.hidden = -5}), "a block's hidden width cannot be -5");
  CHECK_ERROR(nn::TransformerBlock<float>(4, 2, generator, {.output_scale = NAN}), "initialisation: the gain");
  for (const double epsilon : {-1.0, double{NAN}, double{INFINITY}}) {
    CHECK_ERROR(nn::LayerNorm<float>(3, epsilon), "LayerNorm: the epsilon must be a finite number of at least 0");
    CHECK_ERROR(nn::RMSNorm<float>(3, epsilon), "RMSNorm: the epsilon must be a finite number of at least 0");
  }
  CHECK(nn::Linear<float>(0, 3, generator, {.init = nn::Init::kaiming_uniform()})(ebb::zeros<float>({2, 0})).size() ==
        6);
}
