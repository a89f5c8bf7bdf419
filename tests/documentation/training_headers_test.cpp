// The code in the comments of the headers about files, data and whole trainings: see headers_test.cpp.
#include <iostream>
#include <sstream>

#include "documentation/fixture.hpp"

using namespace ebb_test;

namespace {

struct Model {
  explicit Model(ebb::Generator& random) : encoder(2, 3, random), head(3, 3, random) {}
  ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const {
    return call(*this, head, tanh(call(*this, encoder, x)));
  }
  void visit(auto& field) const { field("encoder", encoder), field("head", head); }
  ebb::nn::Linear<float> encoder, head;
};

struct EarlyStopping {
  double best = 1e9;
  int patience = 0;
  void visit_state(auto& field) { field("best", best), field("patience", patience); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a model is saved and loaded, in part, for PyTorch, and array by array") {
  const Model model(generator), other(generator);
  ebb::nn::save("model.safetensors", ebb::nn::parameters(other));
  ebb::nn::load("model.safetensors", ebb::nn::parameters(model.encoder),
                {.rename = [](std::string name) { return "encoder." + name; }, .allow_unexpected = true});
  CHECK(model.encoder.weight.value().to_vector() == other.encoder.weight.value().to_vector());

  const auto file = ebb::read_safetensors("model.safetensors");
  std::ostringstream text;
  std::streambuf* console = std::cout.rdbuf(text.rdbuf());
  for (const auto& [name, entry] : file.entries()) std::cout << name << ' ' << entry.type << '\n';
  std::cout.rdbuf(console);
  CHECK(text.str() == "encoder.bias F32\nencoder.weight F32\nhead.bias F32\nhead.weight F32\n");
  const ebb::Tensor<float> weight = file.read<float>("head.weight");
  CHECK(weight.to_vector() == other.head.weight.value().to_vector());

  ebb::nn::save_pytorch("model.safetensors", other);
  ebb::nn::load_pytorch("model.safetensors", model);
  CHECK(model.head.weight.value().to_vector() == other.head.weight.value().to_vector());
}

TEST_CASE_FIXTURE(Fixture, "a training stops and goes on, and its model comes out alone") {
  const auto x = ebb::normal<float>({6, 2}, generator.next());
  const ebb::IntArray labels{0, 1, 2, 0, 1, 2};
  const auto train = [&](const Model& model, ebb::Index stop_at) {
    ebb::nn::Adam<> optimizer(ebb::nn::parameters(model));
    EarlyStopping stopping;
    ebb::Index step = 0;
    ebb::nn::TrainingState state;
    state.add("model", model);
    state.add("optimizer", optimizer);
    state.add("step", step);
    ebb::nn::resume("training.safetensors", state);  // if there is such a file
    while (step < 1000) {
      ebb::Tape<float> tape;
      tape.backward(cross_entropy(model(x), labels));
      optimizer.step();
      if (++step % 100 == 0) ebb::nn::save("training.safetensors", state);
      if (step == stop_at) return;
    }
    state.add("stopping", stopping);
    ebb::nn::save("stopping.safetensors", state);
  };
  const Model first(generator), second(generator);
  train(first, 250);
  train(second, 0);
  CHECK(ebb::read_safetensors("training.safetensors").read<std::int32_t>("step").item() == 1000);
  CHECK(ebb::read_safetensors("stopping.safetensors").entries().contains("stopping.best"));
  const Model model(generator);
  ebb::nn::load("training.safetensors", ebb::nn::parameters(model),
                {.rename = [](std::string name) { return "model." + name; }, .allow_unexpected = true});
  CHECK(model.head.weight.value().to_vector() == second.head.weight.value().to_vector());
}

TEST_CASE_FIXTURE(Fixture, "data sets from files") {
  write_text("iris.csv", "petal_length,petal_width,species\n1.4,0.2,setosa\n4.7,1.4,versicolor\n");
  const auto flowers = ebb::read_csv("iris.csv");
  const ebb::Tensor<float> x = flowers.numbers<float>({"petal_length", "petal_width"});  // [150, 2]
  const auto [labels, species] = flowers.categories("species");
  CHECK(x.shape() == ebb::Shape{2, 2});
  CHECK(species[to_size(labels.at({1}))] == "versicolor");

  write_text("train-images-idx3-ubyte", std::string("\0\0\x08\x01\0\0\0\x02\x07\xff", 10));
  const auto images = ebb::load_idx<float>("train-images-idx3-ubyte");  // [60000, 28, 28], 0 to 255
  CHECK(images.to_vector() == std::vector<float>{7, 255});

  const auto [ids, mask] = ebb::nn::pad_sequences<std::int32_t>({{3, 1, 4}, {1, 5}}, 0);  // [2, 3] each
  CHECK(ids.shape() == mask.shape());
}

TEST_CASE_FIXTURE(Fixture, "batches of some arrays, from memory and from files, ahead of the training") {
  const std::uint64_t seed = 1;
  const auto train_step = [](const ebb::Tensor<float>& x, const auto& y) {
    CHECK(x.shape()[0] == y.shape()[0]);
    return sum(x).item();
  };
  {
    const auto x = ebb::ones<float>({100, 2}), y = ebb::ones<float>({100, 1});
    ebb::nn::MiniBatches batches(x.shape()[0], 32, ebb::Key{seed});
    for (ebb::Index step = 0; step < 10 * batches.per_epoch(); ++step) {
      const ebb::IntArray rows = batches(step);
      const double loss = train_step(gather(x, rows, 0), gather(y, rows, 0));
      CHECK(loss == (step % 4 == 3 ? 8 : 64));
    }
  }
  save_npy("images.npy", ebb::ones<float>({100, 3}));
  save_npy("labels.npy", ebb::IntArray(ebb::Shape{100}, 1));
  ebb::nn::MiniBatches batches(100, 10, ebb::Key{seed});
  {
    const auto images = ebb::read_npy("images.npy");  // [70000, 28, 28] of bytes
    const ebb::Index step = 0;
    const ebb::Tensor<float> batch = images.rows<float>(batches(step));
    CHECK(batch.shape() == ebb::Shape{10, 3});
  }
  const auto images = ebb::read_npy("images.npy"), labels = ebb::read_npy("labels.npy");
  ebb::nn::Prefetch data([&](ebb::Index step) {
    const ebb::IntArray rows = batches(step);
    return std::pair(images.rows<float>(rows), labels.rows<std::int32_t>(rows));
  });
  for (ebb::Index step = 0; step < 20; ++step) {
    const auto [x, y] = data.next();
    const double loss = train_step(x, y);
    CHECK(loss == 30);
  }
}

TEST_CASE_FIXTURE(Fixture, "a cache for each block") {
  struct Blocks {
    std::vector<ebb::nn::TransformerBlock<float>> blocks;
  } model;
  model.blocks.emplace_back(4, 2, generator, ebb::nn::TransformerBlockOptions{.causal = true});
  std::vector<ebb::nn::KeyValueCache<float>> caches(model.blocks.size());
  CHECK(model.blocks[0](ebb::ones<float>({3, 4}), caches[0]).shape() == ebb::Shape{3, 4});
  CHECK(caches[0].length() == 3);
}

TEST_CASE_FIXTURE(Fixture, "a training is watched and logged") {
  const ebb::Index steps = 40;
  const auto train_step = [](ebb::Index step) { return 1.0 / static_cast<double>(step + 1); };
  {
    ebb::nn::Progress progress(steps);
    for (ebb::Index step = 0; step < steps; ++step) {
      const double loss = train_step(step);
      progress.step({"loss " + std::to_string(loss)});
    }
  }
  const ebb::Index step = 7;
  const auto loss = ebb::ones<float>({});
  const ebb::nn::StepReport report;
  ebb::nn::RunLog log("runs/first", {.first_step = step});
  log.write(step, {{"loss", loss.item()}, {"gradient norm", report.norm_before}});
  CHECK(contains(text_of("runs/first/metrics.csv"), "step,loss,gradient norm\n7,1,0\n"));
}
