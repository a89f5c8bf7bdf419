#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <random>
#include <thread>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using nn::TrainingState;

namespace {

/// Two layers with dropout between them, the first of which starts frozen.
struct Model {
  nn::Linear<> hidden, output;
  explicit Model(Generator& generator) : hidden(4, 6, generator), output(6, 2, generator) {}
  Tensor<float> operator()(const Tensor<float>& x, Key key) const { return output(dropout(tanh(hidden(x)), 0.3, key)); }
  void visit(auto& field) const { field("hidden", hidden), field("output", output); }
};

/// A training that can stop after any step: what a program keeps in its main function.
template <class Optimizer>
struct Training {
  Generator generator{5};
  Model model{generator};
  Optimizer optimizer;
  Index step = 0;
  std::vector<double> losses;
  TrainingState state;

  explicit Training(const std::function<Optimizer(nn::ParameterList<float>)>& make)
      : optimizer(make(nn::parameters(model))) {
    state.add("model", model);
    state.add("optimizer", optimizer);
    state.add("generator", generator);
    state.add("step", step);
    state.add("losses", losses);
  }
  void run(
      Index until, const std::function<void()>& after_each_step = [] {}) {
    while (step < until) {
      const Key key = Key{9}.child(to_size(step));
      model.hidden.weight.set_trainable(step >= 3);
      const Tensor<float> x = normal<float>({32, 4}, key), noise = normal<float>({32, 2}, generator.next());
      Tape<float> tape;
      const Tensor<float> loss = mean_squared_error(model(x, key.child(1)), slice(x, 1, {0, 2}) + 0.1 * noise);
      tape.backward(loss);
      optimizer.set_learning_rate(0.01 / (1 + static_cast<double>(step)));
      optimizer.step();
      losses.push_back(loss.item());
      ++step;
      after_each_step();
    }
  }
};

template <class Optimizer>
std::string bytes_after(const std::function<Optimizer(nn::ParameterList<float>)>& make, Index stop_at) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  if (stop_at > 0) {
    Training<Optimizer> first(make);
    first.run(stop_at);
    save(path, first.state);
  }
  Training<Optimizer> second(make);
  CHECK(resume(path, second.state) == (stop_at > 0));
  second.run(12);
  save(path, second.state);
  return text_of(path);
}

/// Checks that a training that stopped and went on ends in the same file as one that did not, on one and two threads.
template <class Optimizer>
void check_resumes(const std::function<Optimizer(nn::ParameterList<float>)>& make) {
  const std::string whole = bytes_after(make, 0);
  for (const int count : {1, 2}) {
    set_threads(count);
    for (const Index stop_at : {1, 2, 5, 11}) CHECK(bytes_after(make, stop_at) == whole);
  }
}

using List = nn::ParameterList<float>;

/// An optimizer for the matrices of the list, beside Adam for the vectors.
template <class Optimizer>
struct MatricesApart {
  explicit MatricesApart(List& list)
      : matrices(list.where([](const auto& p) { return p.shape().rank() == 2; })),
        vectors(list.where([](const auto& p) { return p.shape().rank() == 1; })) {}
  Optimizer matrices;
  nn::Adam<> vectors;
  void set_learning_rate(double lr) { matrices.set_learning_rate(lr), vectors.set_learning_rate(lr); }
  void step() { matrices.step(), vectors.step(); }
  void visit_state(auto& field) { field("matrices", matrices), field("vectors", vectors); }
};

nn::Adam<> adam(List list) { return nn::Adam(std::move(list)); }

/// Everything that a state may hold.
struct Everything {
  bool flag = true;
  int count = -3;
  Index wide = std::numeric_limits<Index>::min();
  std::uint64_t natural = std::numeric_limits<std::uint64_t>::max();
  float number = 0.1F;
  double precise = 0.1;
  std::string text = "a \"text\"\n";
  std::vector<double> curve{1, std::numeric_limits<double>::infinity()};
  std::vector<double> none;
  Array<double> array{{2}, {0.1, 0.2}};
  IntArray ids{3, 1};
  Array<float> undefined;
  Tensor<float> tensor{{5, 6}};
  void visit_state(auto& field) {
    field("flag", flag), field("count", count), field("wide", wide), field("natural", natural);
    field("number", number), field("precise", precise), field("text", text), field("curve", curve);
    field("none", none), field("array", array), field("ids", ids), field("undefined", undefined);
    field("tensor", tensor);
  }
};

struct Best {
  double x = 1;
  void visit_state(auto& field) { field("x", x); }
};

}  // namespace

TEST_CASE("a training that stopped goes on bit for bit, for every optimizer, on one and two threads") {
  check_resumes<nn::SGD<>>([](List list) { return nn::SGD(std::move(list)); });
  check_resumes<nn::SGD<>>([](List list) { return nn::SGD(std::move(list), {.momentum = 0.9, .nesterov = true}); });
  check_resumes<nn::Adam<>>(adam);
  check_resumes<nn::AdamW<>>([](List list) { return nn::AdamW(std::move(list), {.clip = nn::clip_by_norm(0.1)}); });
  check_resumes<nn::RMSProp<>>(
      [](List list) { return nn::RMSProp(std::move(list), {.clip = nn::clip_by_value(0.1)}); });
  check_resumes<nn::Adam<>>(
      [](List list) { return nn::Adam(std::move(list), {.nesterov = true, .clip = nn::clip_each_by_norm(0.1)}); });
  check_resumes<nn::AdamW<>>(
      [](List list) { return nn::AdamW(std::move(list), {.amsgrad = true, .clip = nn::clip_adaptively(0.01)}); });
  check_resumes<nn::Adagrad<>>([](List list) { return nn::Adagrad(std::move(list)); });
  check_resumes<nn::Lion<>>([](List list) { return nn::Lion(std::move(list), {.weight_decay = 0.1}); });
  check_resumes<MatricesApart<nn::Muon<>>>([](List list) { return MatricesApart<nn::Muon<>>(list); });
  check_resumes<nn::SGD<>>([](List list) {
    return nn::SGD<>(
        {{.parameters = list.where([](auto& p) { return p.shape().rank() == 1; }), .momentum = 0.5},
         {.parameters = list.where([](auto& p) { return p.shape().rank() == 2; }), .clip = nn::clip_by_norm(0.1)}});
  });
}

TEST_CASE("a moving average goes on bit for bit in a training that stopped") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  const auto bytes = [&](Index stop_at) {
    const auto run = [&](Index until) {
      Training<nn::Adam<>> training(adam);
      nn::EMA average(training.model, {.decay = 0.9});
      training.state.add("average", average);
      resume(path, training.state);
      training.run(until, [&] { average.update(); });
      save(path, training.state);
    };
    std::filesystem::remove(path);
    if (stop_at > 0) run(stop_at);
    run(12);
    return text_of(path);
  };
  const std::string whole = bytes(0);
  CHECK(contains(whole, "average.mean.hidden.weight"));
  for (const Index stop_at : {1, 2, 5, 11}) CHECK(bytes(stop_at) == whole);
}

TEST_CASE("LBFGS goes on bit for bit in a training that stopped, and a plateau keeps its best") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  const auto bytes = [&](Index stop_at) {
    const auto run = [&](Index until) {
      Generator generator(5);
      const Model model(generator);
      nn::LBFGS optimizer(model, {.iterations = 2, .history = 3});
      nn::ReduceOnPlateau plateau(0.1, {.factor = 0.5, .patience = 0, .threshold = 0.5});
      Index step = 0;
      TrainingState state;
      state.add("model", model), state.add("optimizer", optimizer), state.add("plateau", plateau);
      state.add("step", step);
      resume(path, state);
      const Tensor<float> x = normal<float>({32, 4}, Key{3});
      for (; step < until; ++step)
        plateau(optimizer.step([&] { return mean_squared_error(model(x, Key{1}), slice(x, 1, {0, 2})); }).loss);
      save(path, state);
    };
    std::filesystem::remove(path);
    if (stop_at > 0) run(stop_at);
    run(6);
    return text_of(path);
  };
  const std::string whole = bytes(0);
  for (const Index stop_at : {1, 2, 5}) CHECK(bytes(stop_at) == whole);
}

TEST_CASE("killed at two hundred moments, a training is where one is that was not") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  std::mt19937 random(1);
  Index reached = 0;
  for (int kills = 0; kills < 200; ++kills) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      Training<nn::Adam<>> training(adam);
      resume(path, training.state);
      training.run(std::numeric_limits<Index>::max(), [&] { save(path, training.state); });
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    if (!std::filesystem::exists(path)) continue;
    const std::int32_t step = read_safetensors(path).read<std::int32_t>("step").item();
    CHECK(step >= reached);
    reached = step;
  }
  const std::string killed = text_of(path);
  Training<nn::Adam<>> training(adam);
  training.run(reached);
  save(path, training.state);
  CHECK(text_of(path) == killed);
}

TEST_CASE("numbers, texts, vectors, arrays and tensors are kept, bit for bit") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/state.safetensors";
  Everything from, into;
  TrainingState saved, loaded;
  saved.add("all", from);
  loaded.add("all", into);
  save(path, saved);
  into = {false, 1, 2, 3, 4, 5, "6", {7}, {8}, {}, {9}, Array<float>(Shape{1}, 1), {}};
  load(path, loaded);
  CHECK(into.flag);
  CHECK(into.count == from.count);
  CHECK(into.wide == from.wide);
  CHECK(into.natural == from.natural);
  CHECK(into.number == from.number);
  CHECK(into.precise == from.precise);
  CHECK(into.text == from.text);
  CHECK(into.curve == from.curve);
  CHECK(into.none.empty());
  CHECK(into.array.to_vector() == from.array.to_vector());
  CHECK(into.ids.to_vector() == from.ids.to_vector());
  CHECK_FALSE(into.undefined.defined());
  CHECK(into.tensor.shape() == Shape{1, 2});
  CHECK(into.tensor.to_vector() == from.tensor.to_vector());
}

TEST_CASE("the names in the file are those of the objects and of what is in them") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  Training<nn::Adam<>> training(adam);
  training.run(1);
  save(path, training.state);
  const Safetensors file = read_safetensors(path);
  std::vector<std::string> names;
  for (const auto& [name, entry] : file.entries()) names.push_back(name + ' ' + entry.type);
  CHECK(names == std::vector<std::string>{"generator.count U64",
                                          "generator.seed U64",
                                          "generator.stream U64",
                                          "losses F64",
                                          "model.hidden.bias F32",
                                          "model.hidden.weight F32",
                                          "model.output.bias F32",
                                          "model.output.weight F32",
                                          "optimizer.learning_rate F64",
                                          "optimizer.mean.hidden.bias F32",
                                          "optimizer.mean.output.bias F32",
                                          "optimizer.mean.output.weight F32",
                                          "optimizer.root_mean_square.hidden.bias F32",
                                          "optimizer.root_mean_square.output.bias F32",
                                          "optimizer.root_mean_square.output.weight F32",
                                          "optimizer.steps I64",
                                          "optimizer.steps.hidden.bias I64",
                                          "optimizer.steps.hidden.weight I64",
                                          "optimizer.steps.output.bias I64",
                                          "optimizer.steps.output.weight I64",
                                          "step I64"});
  CHECK(file.metadata().at("model.frozen") == "hidden.weight");
  CHECK(contains(file.metadata().at("optimizer.method"), "Adam, beta1 0.9, beta2 0.999, epsilon 1e-08; 4 parameters"));
}

TEST_CASE("what is frozen is frozen again, and what is not is thawed") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  Generator generator(1);
  const Model from(generator), into(generator);
  nn::parameters(from)["hidden.weight"].set_trainable(false);
  nn::parameters(into)["output.bias"].set_trainable(false);
  TrainingState saved, loaded;
  saved.add("model", from);
  loaded.add("model", nn::parameters(into));
  save(path, saved);
  load(path, loaded);
  CHECK_FALSE(into.hidden.weight.trainable());
  CHECK(into.output.bias.trainable());
}

TEST_CASE("a buffer is saved with a training, does not count as frozen, and stays a buffer") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  const nn::BatchNorm<> from(2), into(2);
  from.running_mean.shared().set_value(Tensor<float>({2}, {3, 4}));
  nn::parameters(from)["gain"].set_trainable(false);
  TrainingState saved, loaded;
  saved.add("norm", from);
  loaded.add("norm", into);
  save(path, saved);
  CHECK(read_safetensors(path).metadata().at("norm.frozen") == "gain");
  load(path, loaded);
  CHECK(into.running_mean.value().to_vector() == std::vector<float>{3, 4});
  CHECK(into.running_mean.is_buffer());
  CHECK_FALSE(into.running_mean.trainable());
  CHECK_FALSE(into.gain.trainable());
}

TEST_CASE("the model alone is loaded from the file of a training") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  Training<nn::Adam<>> training(adam);
  training.run(3);
  save(path, training.state);
  Generator generator(77);
  const Model model(generator);
  load(path, nn::parameters(model),
       {.rename = [](std::string name) { return "model." + name; }, .allow_unexpected = true});
  CHECK(model.hidden.weight.value().to_vector() == training.model.hidden.weight.value().to_vector());
}

TEST_CASE("a training of another kind is refused, and nothing is changed") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  Training<nn::Adam<>> training(adam);
  training.run(2);
  save(path, training.state);
  const auto refuses = [&](TrainingState& state, const std::string& message) {
    CHECK_ERROR(load(path, state), "load(): '" + path + "' does not hold this training: ", message);
  };

  Training<nn::Adam<>> other([](List list) { return nn::Adam(std::move(list), {.beta1 = 0.8}); });
  const auto before = other.model.output.weight.value().to_vector();
  refuses(other.state, "its \"optimizer.method\" is \"Adam, beta1 0.9");
  CHECK(other.model.output.weight.value().to_vector() == before);
  CHECK(other.step == 0);

  Best best;
  TrainingState more, fewer, wrong;
  fewer.add("step", training.step);
  refuses(fewer, "it also holds \"generator.count\", which the state does not list");
  more.add("step", training.step), more.add("best", best);
  refuses(more, "it does not hold \"best.x\"");
  double step = 0;
  wrong.add("step", step);
  refuses(wrong, "\"step\" is no single number of type F64");
  CHECK_FALSE(resume(folder.path + "/none", more));
  CHECK_ERROR(load(folder.path + "/none", more), "No such file");
}

TEST_CASE("numbers that a field cannot hold, and arrays of another shape or type, are refused") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/state.safetensors";
  const auto save_and_load = [&](auto from, auto into) {
    TrainingState saved, loaded;
    saved.add("x", from), loaded.add("x", into);
    save(path, saved);
    load(path, loaded);
  };
  CHECK_ERROR(save_and_load(Index{1} << 40, int{}),
              "\"x\" is 1099511627776, and must be from -2147483648 to 2147483647");
  CHECK_ERROR(save_and_load(2, true), "\"x\" is 2, and must be from 0 to 1");
  CHECK_ERROR(save_and_load(Array<float>({1}, 1), Array<double>()), "\"x\" is of type \"F32\", and not F64");
  CHECK_ERROR(save_and_load(std::string("text"), 1), "it does not hold \"x\"");
  CHECK_ERROR(save_and_load(1, std::string()), "its metadata does not hold \"x\"");
  CHECK_ERROR(save_and_load(std::vector<double>{1}, 1.0), "\"x\" is no single number of type F64");

  Generator generator(1);
  const nn::Linear<> narrow(2, 3, generator), wide(3, 3, generator);
  TrainingState saved, loaded;
  saved.add("layer", narrow), loaded.add("layer", wide);
  save(path, saved);
  CHECK_ERROR(load(path, loaded), "\"layer.weight\" has the shape [2, 3], and the state's [3, 3]");
}

TEST_CASE("a training is not saved in the middle of a step, or with two fields of one name") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/training.safetensors";
  Training<nn::Adam<>> training(adam);
  {
    Tape<float> tape;
    tape.backward(sum(training.model(ones<float>({1, 4}), Key{1})));
  }
  CHECK_ERROR(save(path, training.state), "parameter \"hidden.weight\" has a gradient", "after step()");
  training.optimizer.clear_gradients();
  CHECK_NOTHROW(save(path, training.state));
  training.state.add("step", training.step);
  CHECK_ERROR(save(path, training.state), "two fields of the state, or one and the file's own, are named \"step\"");
  TrainingState reserved;
  reserved.add("format", training.step);
  CHECK_ERROR(save(path, reserved), "named \"format\"");
  CHECK_ERROR(save(folder.path + "/none/x", TrainingState()), "save() cannot save a training", "No such file");
}
