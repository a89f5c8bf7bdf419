
#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "golden.hpp"

#include "support/check.hpp"

// A small transformer learns as it does in PyTorch (training_curves.py), from the same weights on the same batches.

using namespace ebb_test;

namespace {

using Json = nlohmann::json;

struct Model {
  Model(const Json& golden, ebb::Generator random)
      : tokens(golden.at("vocabulary"), golden.at("width"), random),
        positions(golden.at("context"), golden.at("width"), random),
        norm(golden.at("width")),
        head(golden.at("width"), golden.at("vocabulary"), random) {
    for (int i = 0; i < golden.at("blocks"); ++i)
      blocks.emplace_back(golden.at("width"), golden.at("heads"), random,
                          nn::TransformerBlockOptions{.causal = true, .hidden = golden.at("hidden")});
    std::size_t next = 0;
    auto parameters = nn::parameters<double>(*this);
    REQUIRE(parameters.size() == golden.at("weights").size());
    for (ebb::Parameter<double>& p : parameters)
      p.set_value({p.shape(), golden.at("weights")[next++].get<std::vector<double>>()});
  }

  ebb::Tensor<double> operator()(const ebb::IntArray& ids) const {
    return call(*this, head, call(*this, norm, call(*this, blocks, call(*this, positions, tokens(ids)))));
  }
  void visit(auto& field) const {
    field("tokens", tokens), field("positions", positions), field("blocks", blocks), field("norm", norm);
    field("head", head);
  }

  nn::Embedding<double> tokens;
  nn::LearnedPositions<double> positions;
  std::vector<nn::TransformerBlock<double>> blocks;
  nn::LayerNorm<double> norm;
  nn::Linear<double> head;
};

/// Inputs and targets of each batch.
std::vector<nn::Batch> batches(const Json& golden) {
  const Index batch = golden.at("batch"), context = golden.at("context");
  const auto tokens = golden.at("tokens").get<std::vector<std::int32_t>>();
  std::vector<nn::Batch> all;
  for (auto row = tokens.begin(); row != tokens.end();) {
    std::vector<std::int32_t> inputs, targets;
    for (Index b = 0; b < batch; ++b, row += context + 1) {
      inputs.insert(inputs.end(), row, row + context);
      targets.insert(targets.end(), row + 1, row + context + 1);
    }
    all.push_back({ebb::IntArray({batch, context}, inputs), ebb::IntArray({batch, context}, targets)});
  }
  return all;
}

nn::Clip clip_of(const Json& curve) {
  if (curve.at("clip") == "norm") return nn::clip_by_norm(curve.at("limit"));
  if (curve.at("clip") == "each") return nn::clip_each_by_norm(curve.at("limit"));
  if (curve.at("clip") == "adaptive") return nn::clip_adaptively(curve.at("limit"), 0.001);
  if (curve.at("clip") == "value") return nn::clip_by_value(curve.at("limit"));
  return {};
}

std::unique_ptr<nn::Optimizer<double>> optimizer_of(const Json& golden, const Json& curve, const Model& model) {
  const auto parameters = nn::parameters<double>(model);
  const std::string name = curve.at("optimizer");
  const double lr = curve.at("lr"), decay = golden.at("weight_decay");
  const nn::Clip clip = clip_of(curve);
  if (name == "adam" || name == "amsgrad")
    return std::make_unique<nn::Adam<double>>(
        parameters, nn::AdamOptions{.lr = lr, .weight_decay = decay, .amsgrad = name == "amsgrad", .clip = clip});
  if (name == "adagrad")
    return std::make_unique<nn::Adagrad<double>>(parameters,
                                                 nn::AdagradOptions{.lr = lr, .weight_decay = decay, .clip = clip});
  if (name == "adamw")
    return std::make_unique<nn::AdamW<double>>(parameters,
                                               nn::AdamWOptions{.lr = lr, .weight_decay = decay, .clip = clip});
  if (name == "rmsprop")
    return std::make_unique<nn::RMSProp<double>>(parameters,
                                                 nn::RMSPropOptions{.lr = lr, .weight_decay = decay, .clip = clip});
  REQUIRE((name == "sgd" || name == "nesterov"));
  return std::make_unique<nn::SGD<double>>(
      parameters,
      nn::SGDOptions{.lr = lr, .momentum = 0.9, .nesterov = name == "nesterov", .weight_decay = decay, .clip = clip});
}

/// The largest difference of the loss from PyTorch's, over all steps, and in how many of them gradients were clipped.
struct Followed {
  double difference = 0;
  int clipped = 0;
};

Followed follow(const Json& golden, const Json& curve) {
  const Model model(golden, ebb::Generator(1));
  const auto data = batches(golden);
  const auto optimizer = optimizer_of(golden, curve, model);
  Followed result;
  std::size_t step = 0;
  for (const double expected : curve.at("losses")) {
    const nn::Batch& batch = data[step++ % data.size()];
    ebb::Tape<double> tape;
    const auto loss = cross_entropy(model(batch.inputs), batch.targets);
    tape.backward(loss);
    result.clipped += optimizer->step().clipped();
    result.difference = std::max(std::abs(loss.item() - expected), result.difference);
  }
  return result;
}

Json read_golden() { return Json::parse(std::ifstream(golden_file("training.json"))); }

}  // namespace

TEST_CASE("a small transformer follows PyTorch's loss for 200 steps, with every optimizer and way of clipping") {
  const Json golden = read_golden();
  CHECK(golden.at("curves").size() == 23);
  for (const Json& curve : golden.at("curves")) {
    const std::string what =
        curve.at("optimizer").get<std::string>() + ", clipping by " + curve.at("clip").get<std::string>();
    CAPTURE(what);
    CHECK(curve.at("losses").size() == 200);
    CHECK(curve.at("losses").back() < curve.at("losses").front().get<double>() / 2);
    const Followed followed = follow(golden, curve);
    CHECK(followed.difference < 1e-11);
    CHECK((followed.clipped > 100) == (curve.at("clip") != "none"));
  }
}
