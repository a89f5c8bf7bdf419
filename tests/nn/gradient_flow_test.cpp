#include <cmath>

#include "support/check.hpp"

using namespace ebb_test;
using nn::ParameterKind;

namespace {

struct Model {
  nn::Embedding<double> tokens;
  std::vector<nn::TransformerBlock<double>> blocks;
  nn::Linear<double> output;

  explicit Model(ebb::Generator generator) : tokens(5, 4, generator), output(4, 5, generator) {
    for (int i = 0; i < 3; ++i) blocks.emplace_back(4, 2, generator);
  }
  Tensor<double> operator()(const ebb::IntArray& ids) const {
    return nn::call(*this, output, nn::call(*this, blocks, nn::call(*this, tokens, ids)));
  }
  void visit(auto& field) const { field("tokens", tokens), field("blocks", blocks), field("output", output); }
};

const ebb::IntArray ids({2, 3}, {0, 1, 2, 3, 4, 0}), labels({2, 3}, {1, 2, 3, 4, 0, 1});

double norm(const Tensor<double>& x) {
  double squares = 0;
  for (double v : x.to_vector()) squares += v * v;
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("gradient flow tells the gradient and the activation at each block's input") {
  const Model model(ebb::Generator(3));
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  const auto loss = ebb::cross_entropy(model(ids), labels);
  tape.backward(loss);
  REQUIRE(flow.blocks().size() == 3);
  CHECK(flow.blocks()[0].scope == "blocks.0");
  CHECK(flow.blocks()[2].scope == "blocks.2");

  // The same by hand: the inputs as watched leaves.
  Tensor<double> x = model.tokens(ids).detach();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(flow.blocks()[i].activation_norm == doctest::Approx(norm(x)).epsilon(1e-10).scale(0));
    ebb::Tape<double> rest;
    const auto input = rest.watch(x);
    Tensor<double> h = input;
    for (std::size_t k = i; k < 3; ++k) h = model.blocks[k](h);
    rest.backward(ebb::cross_entropy(model.output(h), labels));
    CHECK(flow.blocks()[i].gradient_norm == doctest::Approx(norm(rest.gradient(input))).epsilon(1e-10).scale(0));
    x = model.blocks[i](x).detach();
  }
}

TEST_CASE("gradient flow tells gradient, weight and update of each parameter, before clipping") {
  const Model model(ebb::Generator(3));
  auto list = nn::parameters<double>(model);
  nn::SGD optimizer(list, {.lr = 0.5, .clip = nn::clip_by_norm(1e-3)});
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  tape.backward(ebb::cross_entropy(model(ids), labels));
  std::vector<double> gradients, weights;
  for (const auto& parameter : list) {
    gradients.push_back(norm(parameter.gradient()));
    weights.push_back(norm(parameter.value()));
  }
  const auto report = optimizer.step();
  const auto flows = flow.parameters();
  REQUIRE(flows.size() == list.size());
  for (std::size_t i = 0; i < flows.size(); ++i) {
    CAPTURE(flows[i].name);
    CHECK(flows[i].name == list[i].name());
    CHECK(flows[i].gradient_norm == doctest::Approx(gradients[i]).epsilon(1e-10));
    CHECK(flows[i].weight_norm == doctest::Approx(weights[i]));
    const double update = 0.5 * gradients[i] * report.factor();
    CHECK(flows[i].update_norm == doctest::Approx(update).epsilon(1e-9).scale(1e-6));
    if (weights[i] > 0)
      CHECK(flows[i].update_ratio() == doctest::Approx(update / weights[i]).epsilon(1e-9).scale(1e-6));
    else
      CHECK(std::isnan(flows[i].update_ratio()));
  }
}

TEST_CASE("gradient flow tells which block a parameter belongs to, and what it is for") {
  const Model model(ebb::Generator(3));
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  (void)model(ids);
  const auto flows = flow.parameters();
  const auto check = [&](const std::string& name, int block, ParameterKind kind) {
    CAPTURE(name);
    const auto found = std::find_if(flows.begin(), flows.end(), [&](const auto& f) { return f.name == name; });
    REQUIRE(found != flows.end());
    CHECK(found->block == block);
    CHECK(to_string(found->kind) == std::string(to_string(kind)));
  };
  check("tokens.table", -1, ParameterKind::embedding);
  check("blocks.1.attention.query.weight", 1, ParameterKind::query_key);
  check("blocks.1.attention.key.weight", 1, ParameterKind::query_key);
  check("blocks.0.attention.value.weight", 0, ParameterKind::value_output);
  check("blocks.2.attention.output.weight", 2, ParameterKind::value_output);
  check("blocks.2.attention.output.bias", 2, ParameterKind::bias);
  check("blocks.2.feed_forward.up.weight", 2, ParameterKind::feed_forward);
  check("blocks.2.feed_forward.down.weight", 2, ParameterKind::feed_forward);
  check("blocks.0.attention_norm.gain", 0, ParameterKind::norm);
  check("blocks.0.attention_norm.bias", 0, ParameterKind::norm);
  check("output.weight", -1, ParameterKind::other);
}

TEST_CASE("gradient flow tells the same of blocks inside checkpoints, in the same order") {
  const Model model(ebb::Generator(3));
  std::vector<std::vector<nn::BlockFlow>> seen;
  std::vector<std::vector<nn::ParameterFlow>> parameters;
  for (const bool checkpointed : {false, true}) {
    ebb::Tape<double> tape;
    nn::GradientFlow flow(tape, model);
    Tensor<double> x = model.tokens(ids);
    // Twice through the stack: two blocks of each scope. The first block of each stands in no checkpoint.
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t i = 0; i < 3; ++i) {
        const auto block = [&model, i](const Tensor<double>& h) {
          const ebb::Scope scope("blocks." + std::to_string(i));
          return model.blocks[i](h);
        };
        x = checkpointed && i > 0 ? ebb::checkpoint(block, x) : block(x);
      }
    tape.backward(ebb::cross_entropy(model.output(x), labels));
    seen.push_back(flow.blocks());
    parameters.push_back(flow.parameters());
  }
  REQUIRE(seen[0].size() == 6);
  REQUIRE(seen[1].size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(seen[1][i].scope == seen[0][i].scope);
    CHECK(seen[1][i].activation_norm == seen[0][i].activation_norm);
    CHECK(seen[0][i].gradient_norm > 0);
    CHECK(seen[1][i].gradient_norm == seen[0][i].gradient_norm);
  }
  for (std::size_t i = 0; i < parameters[0].size(); ++i) {
    CHECK(parameters[1][i].gradient_norm == parameters[0][i].gradient_norm);
    CHECK(parameters[1][i].block == parameters[0][i].block);
  }
}

TEST_CASE("gradient flow passes over frozen and unused parameters") {
  Model model(ebb::Generator(3));
  model.tokens.table.set_trainable(false);
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  tape.backward(ebb::mean(model.tokens(ids)) + ebb::sum(model.output.bias));
  for (const auto& parameter : flow.parameters())
    CHECK((parameter.gradient_norm > 0) == (parameter.name == "output.bias"));
}

TEST_CASE("gradient flow takes the parameters of a kind in a block together, those that were zero included") {
  const Model model(ebb::Generator(3));
  nn::SGD optimizer(nn::parameters<double>(model), {.lr = 0.5});
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  tape.backward(ebb::cross_entropy(model(ids), labels));
  optimizer.step();
  double gradient = 0, weight = 0, update = 0;
  for (const auto& p : flow.parameters()) {
    if (p.block != 1 || p.kind != ParameterKind::norm) continue;
    gradient += p.gradient_norm * p.gradient_norm;
    weight += p.weight_norm * p.weight_norm;
    update += p.update_norm * p.update_norm;
  }
  const auto kinds = flow.kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [](const auto& k) { return k.block == 1 && k.kind == ParameterKind::norm; });
  REQUIRE(found != kinds.end());
  CHECK(found->gradient_norm == doctest::Approx(std::sqrt(gradient)));
  CHECK(found->weight_norm == doctest::Approx(std::sqrt(8)));  // two gains of 4 ones; the biases are zero, but step
  CHECK(found->update_norm == doctest::Approx(0.5 * std::sqrt(gradient)));
  CHECK(found->update_ratio() == doctest::Approx(std::sqrt(update / weight)));
}

TEST_CASE("gradient flow has no gradient to tell at a block whose input is a constant") {
  const Model model(ebb::Generator(3));
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  tape.backward(ebb::sum(model.blocks[0](ebb::full<double>({1, 2, 4}, 1))));
  REQUIRE(flow.blocks().size() == 1);
  CHECK(std::isnan(flow.blocks()[0].gradient_norm));
}

TEST_CASE("gradient flow leaves the gradients as they are") {
  const Model watched(ebb::Generator(3)), plain(ebb::Generator(3));
  for (const Model* model : {&watched, &plain}) {
    ebb::Tape<double> tape;
    std::optional<nn::GradientFlow<double>> flow;
    if (model == &watched) flow.emplace(tape, *model);
    tape.backward(ebb::cross_entropy((*model)(ids), labels));
  }
  const auto a = nn::parameters<double>(watched), b = nn::parameters<double>(plain);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].gradient().to_vector() == b[i].gradient().to_vector());
}

TEST_CASE("gradient flow may end before the walk") {
  const Model model(ebb::Generator(3));
  ebb::Tape<double> tape;
  { nn::GradientFlow flow(tape, model); }
  CHECK_NOTHROW(tape.backward(ebb::cross_entropy(model(ids), labels)));
}

TEST_CASE("the gradient flow table has a line for each block, and for each kind of each block") {
  const Model model(ebb::Generator(3));
  ebb::Tape<double> tape;
  nn::GradientFlow flow(tape, model);
  tape.backward(ebb::cross_entropy(model(ids), labels));
  const std::string table = flow.table();
  CHECK(std::count(table.begin(), table.end(), '\n') == 1 + 3 + 2 + 3 + 3 * 5);
  CHECK(contains(table, "\nblocks.2 "));
  CHECK(contains(table, "\noutside blocks            embedding "));
}
