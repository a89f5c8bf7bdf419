#include <memory>
#include <sstream>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

struct Net {
  explicit Net(Generator& random) : hidden(1, 3, random), output(3, 2, random) {}
  Tensor<float> operator()(const Tensor<float>& x) const { return call(*this, output, tanh(call(*this, hidden, x))); }
  void visit(auto& field) const { field("hidden", hidden), field("output", output); }

  nn::Linear<float> hidden, output;
};

/// Ids to scores, by blocks between an embedding that serves twice.
struct Decoder {
  explicit Decoder(Generator& random) : table(10, 8, random) {
    for (int i = 0; i < 2; ++i) blocks.emplace_back(8, 2, random, nn::TransformerBlockOptions{.causal = true});
  }
  Tensor<double> operator()(const IntArray& ids) const {
    const Tensor<double> h = call(*this, blocks, call(*this, table, ids));
    const nn::LayerScope scope(*this, table);
    return table.logits(h);
  }
  void visit(auto& field) const { field("table", table), field("blocks", blocks); }

  nn::Embedding<double> table;
  std::vector<nn::TransformerBlock<double>> blocks;
};

const nn::LayerSummary& of(const nn::ModelSummary& summary, const std::string& layer) {
  for (const nn::LayerSummary& row : summary.layers)
    if (row.layer == layer) return row;
  throw Error("the summary has no layer '" + layer + "'");
}

std::string layers_of(const nn::ModelSummary& summary) {
  std::string names;
  for (const nn::LayerSummary& row : summary.layers) names += row.layer + ' ';
  return names;
}

}  // namespace

TEST_CASE("the summary of a call is a table of layers, results, parameters and bytes") {
  Generator random(1);
  const Net net(random);
  net.output.bias.shared().set_trainable(false);
  const auto x = zeros<float>({4, 1});
  std::ostringstream out;
  out << nn::summary(net, x);
  // The hidden layer keeps x, tanh what it is given, the output layer what it is given.
  CHECK(out.str() ==
        "layer   result  trainable  frozen  buffers  parameters  for backward\n"
        "hidden  [4, 3]          6       0        0        24 B          16 B\n"
        "output  [4, 2]          6       2        0        32 B          48 B\n"
        "total   [4, 2]         12       2        0        56 B         112 B\n");
}

TEST_CASE("the summary of a transformer has its blocks, with what is in them, and each value kept once") {
  Generator random(1);
  const Decoder model(random);
  const IntArray ids({3, 5}, 1);
  const nn::ModelSummary summary = nn::summary<double>(model, ids);
  CHECK(*of(summary, "blocks").result == Shape{3, 5, 8});
  CHECK(*of(summary, "blocks.1.attention.query").result == Shape{3, 5, 8});
  CHECK(*of(summary, "blocks.0.feed_forward.up").result == Shape{3, 5, 32});
  CHECK(*summary.total.result == Shape{3, 5, 10});
  CHECK(of(summary, "blocks.0").trainable == nn::parameters<double>(model.blocks[0]).count());
  CHECK(summary.total.trainable == nn::parameters<double>(model).count());
  CHECK(of(summary, "blocks").bytes_for_backward ==
        of(summary, "blocks.0").bytes_for_backward + of(summary, "blocks.1").bytes_for_backward);
  CHECK(of(summary, "blocks.0.feed_forward.up").bytes_for_backward == 3 * 5 * 8 * sizeof(double));
  CHECK(layers_of(summary.to_depth(2)) == "table blocks blocks.0 blocks.1 ");
  CHECK(summary.to_depth(2).total.trainable == summary.total.trainable);
}

TEST_CASE("the summary of a convolutional net shows layers without parameters at their places") {
  Generator random(1);
  const nn::Sequential net(nn::Activation::tanh, nn::Conv2d<float>(1, 4, {3, 3}, random, {.padding = {1, 1}}),
                           nn::MaxPool<float>({2, 2}), nn::Conv2d<float>(4, 2, {3, 3}, random));
  const nn::ModelSummary summary = nn::summary(net, zeros<float>({1, 8, 8, 1}));
  CHECK(layers_of(summary) == "0 1 2 3 ");
  CHECK(*of(summary, "1").result == Shape{1, 8, 8, 4});
  CHECK(*of(summary, "2").result == Shape{1, 4, 4, 4});
  CHECK(*of(summary, "3").result == Shape{1, 2, 2, 2});
  CHECK(of(summary, "2").trainable == 0);
}

TEST_CASE("the result of a recurrent layer in the summary is its sequence, though its last state comes later") {
  Generator random(1);
  const nn::LSTM<double> lstm(3, 4, random, {.layers = 2, .bidirectional = true});
  const auto x = zeros<double>({2, 5, 3});
  const nn::ModelSummary summary = nn::summary(lstm, x);
  CHECK(layers_of(summary) == "forward forward.0 forward.1 backward backward.0 backward.1 ");
  CHECK(*of(summary, "forward.0").result == Shape{2, 5, 4});
  CHECK(*of(summary, "backward.1").result == Shape{2, 5, 4});
  CHECK(*summary.total.result == Shape{2, 5, 8});
  const nn::ModelSummary of_run = nn::summary(lstm, [&] { return lstm.run(x); });
  CHECK(*of(of_run, "forward.0").result == Shape{2, 5, 4});
}

TEST_CASE("a parameter that layers share counts for the first of them in the summary") {
  Generator random(1);
  nn::Sequential net(nn::Linear<float>(3, 3, random), nn::Linear<float>(3, 3, random));
  tie(std::get<0>(net.layers).weight, std::get<1>(net.layers).weight);
  const nn::ModelSummary summary = nn::summary(net, zeros<float>({2, 3}));
  CHECK(of(summary, "0").trainable == 12);
  CHECK(of(summary, "1").trainable == 3);
  CHECK(summary.total.trainable == 15);
}

TEST_CASE("a layer that a call does not come to has no result in the summary") {
  Generator random(1);
  const Net net(random);
  const auto x = zeros<float>({4, 1});
  const nn::ModelSummary summary = nn::summary(net, [&] { return call(net, net.hidden, x); });
  CHECK(*of(summary, "hidden").result == Shape{4, 3});
  CHECK_FALSE(of(summary, "output").result);
  CHECK(of(summary, "output").bytes_for_backward == 0);
  CHECK(contains(to_string(summary), "output  -     "));
}

TEST_CASE("the summary of a model without layers is its total") {
  const auto nothing = [](const Tensor<float>& x) { return x; };
  const nn::Sequential<> empty;
  CHECK(to_string(nn::summary(empty, zeros<float>({2}))) ==
        "layer  result  trainable  frozen  buffers  parameters  for backward\n"
        "total  [2]             0       0        0         0 B           0 B\n");
  const nn::Sequential function(nothing);
  CHECK(nn::summary(function, zeros<float>({2})).total.bytes_for_backward == 0);
}

TEST_CASE("what is frozen has its results in the summary, and keeps nothing for a walk that does not come there") {
  Generator random(1);
  const Net net(random);
  nn::parameters(net.hidden).set_trainable(false);
  const nn::ModelSummary summary = nn::summary(net, zeros<float>({4, 1}));
  CHECK(*of(summary, "hidden").result == Shape{4, 3});
  CHECK(of(summary, "hidden").frozen == 6);
  CHECK(of(summary, "hidden").bytes_for_backward == 0);
  CHECK(summary.total.bytes_for_backward == of(summary, "output").bytes_for_backward);
  const Decoder model(random);
  nn::parameters<double>(model).set_trainable(false);
  const nn::ModelSummary frozen = nn::summary<double>(model, IntArray({3, 5}, 1));
  CHECK(*of(frozen, "blocks.0.attention").result == Shape{3, 5, 8});
  CHECK(frozen.total.bytes_for_backward == 0);
}

TEST_CASE("a frozen norm's large result, which no walk could compute anew, counts with who keeps it") {
  Generator random(1);
  const nn::Sequential net(nn::LayerNorm<float>(64), nn::Linear<float>(64, 1, random));
  const auto x = zeros<float>({4096, 64});
  CHECK(of(nn::summary(net, x), "1").bytes_for_backward == 0);
  nn::parameters(std::get<0>(net.layers)).set_trainable(false);
  CHECK(of(nn::summary(net, x), "1").bytes_for_backward == 4096 * 64 * sizeof(float));
}

TEST_CASE("a summary leaves the model, its gradients and the tape in scope as they were") {
  Generator random(1);
  const nn::Sequential net(nn::Linear<float>(3, 4, random), nn::BatchNorm<float>(4));
  const auto x = uniform<float>({8, 3}, random.next());
  Tape<float> tape;
  const auto y = net(tape.watch(x), Key{1});
  const auto list = nn::parameters(net);
  for (const auto& parameter : list)
    if (!parameter.is_buffer()) parameter.shared().set_gradient(parameter.value());
  std::vector<std::vector<float>> before;
  for (const auto& value : list.values()) before.push_back(value.to_vector());
  const Index records = tape.size();
  {
    const Scope outside("outside");
    const NoRecording off;
    CHECK(layers_of(nn::summary(net, [&] { return net(x, Key{2}); })) == "0 1 ");
  }
  CHECK(tape.size() == records);
  for (std::size_t i = 0; i < list.size(); ++i) {
    CHECK(list[i].value().to_vector() == before[i]);
    if (!list[i].is_buffer()) CHECK(list[i].gradient().to_vector() == before[i]);
  }
  CHECK(list["1.running_mean"].value().at({0}) != 0);  // the call with a key did change it, as the summary's would
  tape.backward(sum(y));
}

TEST_CASE("a call that throws throws out of the summary, and leaves the model as it was") {
  Generator random(1);
  const nn::Sequential net(nn::BatchNorm<float>(3), nn::Linear<float>(4, 4, random));
  const auto x = uniform<float>({8, 3}, random.next());
  CHECK_ERROR((void)nn::summary(net, [&] { return net(x, Key{1}); }), "the inner extents differ", "summary_test.cpp");
  CHECK(nn::parameters(net)["0.running_mean"].value().to_vector() == std::vector<float>(3));
}

TEST_CASE("an input of the summary may stand on another tape") {
  Generator random(1);
  const Net net(random);
  Tape<float> tape;
  const auto x = 2 * tape.watch(zeros<float>({4, 1}));
  CHECK(*nn::summary(net, x).total.result == Shape{4, 2});
  CHECK(tape.size() == 2);
}

TEST_CASE("the bytes for the backward walk in a summary are those that a recorded call keeps in memory") {
  Generator random(1);
  const nn::TransformerBlock<double> block(32, 2, random, {.causal = true});
  const auto x = uniform<double>({4, 32, 32}, random.next());
  const std::size_t told = nn::summary(block, x).total.bytes_for_backward;
  const std::size_t before = memory_statistics().in_use;
  Tape<double> tape;
  (void)block(x);
  const std::size_t kept = memory_statistics().in_use - before, of_x = 4 * 32 * 32 * sizeof(double);
  CHECK(kept >= told - of_x);                                                  // x was there before
  CHECK(static_cast<double>(kept) < 1.25 * static_cast<double>(told - of_x));  // blocks of memory are of certain sizes
}
