// The code in the comments of the public headers, which quoted_by_headers.sh holds against this file line by line: it
// compiles, and does what they say.
#include <iostream>
#include <sstream>

#include "documentation/fixture.hpp"

using namespace ebb_test;

namespace {

/// Returns the text that f writes to std::cout.
template <class F>
std::string printed(F f) {
  std::ostringstream out;
  std::streambuf* console = std::cout.rdbuf(out.rdbuf());
  f();
  std::cout.rdbuf(console);
  return out.str();
}

/// A model of one layer.
struct Classifier {
  ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const { return call(*this, head, tanh(x)); }
  void visit(auto& field) const { field("head", head); }
  ebb::nn::Linear<float> head;
};

/// The logits of a table of embeddings, which is one layer of a model, recorded in the scope of that layer.
template <class AnyModel>
ebb::Tensor<float> logits(const AnyModel& model, const ebb::nn::Embedding<float>& table, const ebb::Tensor<float>& x) {
  const ebb::nn::LayerScope scope(model, table);
  return table.logits(x);
}

/// Predicts a character of seven.
struct Model {
  explicit Model(ebb::Generator& random) : table(7, 8, random), block(8, 2, random), head(8, 7, random) {}
  ebb::Tensor<float> operator()(const ebb::IntArray& x) const { return head(call(*this, block, table(x))); }
  void visit(auto& field) const { field("table", table), field("block", block), field("head", head); }
  ebb::nn::Embedding<float> table;
  ebb::nn::TransformerBlock<float> block;
  ebb::nn::Linear<float> head;
};

struct Trace : ebb::Observer<double> {
  void recorded(const ebb::Record<double>& record, const ebb::Tensor<double>& value) override {
    std::cout << record.op->name << " gave " << value << '\n';
  }
};

/// y = x[3], of six elements
ebb::Array<double> fourth_forward(ebb::Record<double>&, ebb::Inputs<double> x) {
  return ebb::Array<double>({1}, x[0].data()[3]);
}
void fourth_backward(const ebb::Record<double>&, const ebb::Tensor<double>& dy, ebb::Adjoints<double>& d) {
  d.add_part(
      0, [&] { return pad(dy, 0, 3, 2); }, [&](double* dx) { dx[3] += dy.item(); });
}
constexpr ebb::Op<double> fourth_op{"fourth", fourth_forward, fourth_backward};

struct SignSGD : ebb::nn::CustomOptimizer<float> {
  explicit SignSGD(const ebb::nn::ParameterGroups<float>& groups, double lr = 1e-3, double momentum = 0.9)
      : CustomOptimizer(groups, {"SignSGD", {.lr = lr, .momentum = momentum}, {"velocity"}}) {}

  void update(ebb::nn::ParameterUpdate<float>& u) override {
    auto& v = u.state[0];
    v = u.options.momentum * v + (1 - u.options.momentum) * u.gradient;
    u.value = u.value - u.options.lr * sign(v);
  }
};

struct ShiftAttributes {
  int axis;
  ebb::IntArray mask = {};
  static void visit(auto& self, auto&& field) { field("axis", self.axis), field("mask", self.mask); }
};

}  // namespace

TEST_CASE("an observer that prints a trace") {
  ebb::Tape<double> tape;
  tape.observe(std::make_shared<Trace>());
  const auto x = tape.watch(ebb::Tensor<double>({}, {3}));
  CHECK(printed([&] { (void)(x * 2); }) == "multiply gave Tensor<double>[] #1 6\n");
}

TEST_CASE("attributes of an op") {
  ebb::Record<double> record;
  record.attributes = ShiftAttributes{.axis = -1};
  const auto& [axis, mask] = record.attributes.as<ShiftAttributes>();
  CHECK(axis == -1);
  CHECK_FALSE(mask.defined());
}

TEST_CASE_FIXTURE(Fixture, "a tape, and a step of an optimizer") {
  const ebb::nn::Linear model(3, 2, generator);
  const auto x = ebb::normal<float>({5, 3}, generator.next()), y = ebb::normal<float>({5, 2}, generator.next());
  ebb::nn::AdamW optimizer(model, {.lr = 3e-4, .clip = ebb::nn::clip_by_norm(1.0)});
  ebb::Tape<float> tape;
  auto loss = mean(square(model(x) - y));
  tape.backward(loss);
  auto report = optimizer.step();
  CHECK(report.updated == 2);
  CHECK(report.norm_after <= 1.0001);
}

TEST_CASE_FIXTURE(Fixture, "groups, a batch in parts, and a moving average") {
  const Model model(generator), other(generator);
  std::vector<ebb::nn::Batch> parts;
  for (int part = 0; part < 3; ++part)
    parts.push_back(
        {ebb::uniform_integers({2, 5}, generator.next(), 0, 7), ebb::uniform_integers({2, 5}, generator.next(), 0, 7)});
  ebb::nn::AdamW<> optimizer({{.parameters = ebb::nn::parameters(model.block), .lr = 1e-4, .beta2 = 0.95},
                              {.parameters = ebb::nn::parameters(model.head), .clip = ebb::nn::Clip{}}},
                             {.lr = 1e-3, .clip = ebb::nn::clip_adaptively(0.01)});
  ebb::nn::parameters(model.table).set_trainable(false);
  for (const auto& [inputs, targets] : parts) {
    ebb::Tape<float> tape;
    tape.backward(cross_entropy(model(inputs), targets) / parts.size());
  }
  ebb::nn::EMA average(model, {.decay = 0.99});
  optimizer.step();
  average.update();
  const auto evaluate = [&](const Model& m) { return m(parts[0].inputs).to_vector(); };
  const auto plain = evaluate(model);
  {
    const auto swapped = average.swap_in();  // to the end of the scope the model has the averages for its values
    evaluate(model);
  }
  ebb::nn::parameters(other).set_values(average.values());
  CHECK(evaluate(other) == plain);
}

TEST_CASE_FIXTURE(Fixture, "an optimizer of a user's own, Muon beside AdamW, LBFGS, and a plateau") {
  ebb::Parameter<float> w(ebb::zeros<float>({3}));
  SignSGD signs(w, 0.5);
  w.set_gradient(ebb::Tensor<float>({3}, {2, -3, 0}));
  signs.step();
  CHECK(w.value().to_vector() == std::vector<float>{-0.5F, 0.5F, 0});
  {
    const Model model(generator);
    const auto is_matrix = [](const auto& parameter) { return parameter.shape().rank() == 2; };
    const auto is_other = [](const auto& parameter) { return parameter.shape().rank() != 2; };
    ebb::nn::Muon matrices(ebb::nn::parameters(model.block).where(is_matrix));
    ebb::nn::AdamW others(ebb::nn::parameters(model.block).where(is_other));
    ebb::Tape<float> tape;
    const auto loss = sum(square(model.block(ebb::normal<float>({1, 4, 8}, ebb::Key{1}))));
    tape.backward(loss, {.into = ebb::nn::parameters(model.block)});
    CHECK(matrices.step().updated + others.step().updated == ebb::nn::parameters(model.block).size());
  }
  const ebb::nn::Linear model(2, 1, generator);
  const auto x = ebb::normal<float>({9, 2}, ebb::Key{1}), y = slice(x, 1, {0, 1});
  {
    ebb::nn::LBFGS optimizer(model);
    auto report = optimizer.step([&] { return mean_squared_error(model(x), y); });
    CHECK(report.loss < 1e-6);
  }
  const double validation_loss = 1;
  ebb::nn::SGD optimizer(model);
  ebb::nn::ReduceOnPlateau plateau(1e-3, {.patience = 5});
  optimizer.set_learning_rate(plateau(validation_loss));  // after each epoch
  CHECK(optimizer.learning_rate() == 1e-3);
}

TEST_CASE_FIXTURE(Fixture, "a layer's call, another function of a layer, and a step of gradient descent by hand") {
  const Classifier classifier{ebb::nn::Linear<float>(2, 2, generator)};
  const Model model(generator);
  ebb::Parameter<float> w(ebb::ones<float>({2}));
  ebb::Tape<float> tape;
  const auto y = classifier(ebb::ones<float>({1, 2}));
  CHECK(*tape[y].scope == "head");
  const auto z = logits(model, model.table, ebb::ones<float>({1, 8}));
  CHECK(*tape[z].scope == "table");
  tape.backward(sum(2 * w));
  w.set_value(w.value() - 0.1 * w.gradient());
  w.clear_gradient();
  CHECK(w.value().at({1}) == doctest::Approx(0.8));
}

TEST_CASE_FIXTURE(Fixture, "a matrix, and the numbers of a model for another one") {
  ebb::Tensor<float> x({2, 3}, {1, 2, 3, 4, 5, 6}), same{{1, 2, 3}, {4, 5, 6}};
  CHECK(x.to_vector() == same.to_vector());
  CHECK(x.shape() == same.shape());
  const ebb::nn::Linear model(3, 2, generator), other(3, 2, generator);
  auto best = nn::parameters(model).values();
  nn::parameters(other).set_values(best);
  CHECK(other(x).to_vector() == model(x).to_vector());
}

TEST_CASE("a condition of one's own") {
  ebb::Tape<double> tape;
  break_when(tape, [](const ebb::Event<double>& event) {
    const bool large = event.kind == ebb::EventKind::adjoint && max(abs(event.tensor)).item() > 500;
    return std::string(large ? "an adjoint beyond 500" : "");
  });
  const auto x = tape.watch(ebb::Tensor<double>({2}, {1, 2}));
  const auto loss = sum(1000 * x);
  CHECK_EXCEPTION(tape.backward(loss), "an adjoint beyond 500");
}

TEST_CASE_FIXTURE(Fixture, "a walk") {
  const ebb::Tensor<double> x({2}, {0, 1});
  ebb::Tape<double> tape({.keep_all = true});
  auto loss = sum(tanh(tape.watch(x)));
  ebb::Walk walk(tape, loss);
  const std::string text = printed([&] {
    while (walk.step()) std::cout << walk.record().op->name << ": " << walk.incoming() << '\n';
  });
  CHECK(text.starts_with("sum: Tensor<double>[] 1\ntanh: Tensor<double>[2] {1, 1}\nwatch: "));
}

TEST_CASE_FIXTURE(Fixture, "gradients of gradients, and a checkpoint") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::Tensor<double>({2}, {0, 1}));
  {
    const auto w = tape.watch(ebb::Tensor<double>({}, {3}));
    const auto y = sum(w * x * x);
    auto g = grad(y, {x, w}, {.create_graph = true});  // g[0] is dy/dx
    CHECK(g[0].to_vector() == std::vector<double>{0, 6});
    CHECK(grad(sum(g[0]), w).item() == 2);
  }
  const auto block = [](const auto& h) { return exp(h); };
  auto y = ebb::checkpoint([&](auto h) { return block(h); }, x);
  CHECK(grad(sum(y), x).to_vector() == y.to_vector());
}

TEST_CASE_FIXTURE(Fixture, "an operation that touches a part of its input") {
  const auto f = [](const Values& x) { return square(ebb::apply(fourth_op, {&x[0]}, {}, ebb::SourceLocation())); };
  const ebb::Tensor<double> x0({6}, {0, 1, 2, 3, 4, 5});
  check_gradients(f, {x0});
  ebb::Tape<double> tape;
  const auto x = tape.watch(x0);
  tape.backward(sum(f({x})));
  CHECK(tape.gradient(x).to_vector() == std::vector<double>{0, 0, 0, 6, 0, 0});
}

TEST_CASE_FIXTURE(Fixture, "gradients of lists of parameters, as one vector, and of each sample") {
  const ebb::nn::Linear<double> model(2, 3, generator);
  const ebb::Index n = 5;
  const auto x = ebb::normal<double>({n, 2}, generator.next());
  const auto labels = ebb::uniform_integers({n}, generator.next(), 0, 3);
  const auto loss_now = [&] { return cross_entropy(model(x), labels); };
  auto parameters = ebb::nn::parameters(model);
  const double before = loss_now().item();
  std::vector<ebb::Tensor<double>> all_together;
  {
    ebb::Tape<double> tape;
    const auto loss = loss_now();
    auto all = grad(loss, ebb::nn::parameters(model));
    all_together = all;
    auto v = ravel(grad(loss, parameters));
    parameters.set_values(unravel(ravel(parameters.values()) - 0.1 * v, parameters.values()));
  }
  CHECK(loss_now().item() < before);
  parameters.set_values(unravel(ravel(parameters.values()) + 0.1 * ravel(all_together), parameters.values()));
  auto each = ebb::per_sample_gradients(n, ebb::nn::parameters(model), [&](ebb::Index i) {
    return cross_entropy(model(slice(x, 0, {i, i + 1})), slice(labels, 0, {i, i + 1}));
  });
  for (std::size_t k = 0; k < each.size(); ++k) CHECK(max(abs(mean(each[k], 0) - all_together[k])).item() < 1e-15);
}

TEST_CASE_FIXTURE(Fixture, "a scalar program, and the diagonals of a Jacobian") {
  ebb::Tape<double> tape;
  const auto sides = tape.watch(ebb::Tensor<double>({2}, {3, 4}));
  auto area = ebb::by_scalars([](auto side) { return side[0] * side[1]; }, sides);
  CHECK(grad(area, sides).to_vector() == std::vector<double>{4, 3});
  const ebb::Index n = 5;
  const auto x = tape.watch(ebb::uniform<double>({n}, generator.next()));
  const auto y = x * pad(slice(x, 0, {1, n}), 0, 0, 1);
  auto diagonals = ebb::sparse_jacobian(y, x, ebb::SparsityPattern::banded(n, 1, 1));
  CHECK(diagonals.extent(0) == 3 * n - 2);
}

TEST_CASE_FIXTURE(Fixture, "batches of a text, the flow of gradients, a page") {
  const std::uint64_t seed = 1;
  const ebb::Index step = 0;
  const auto tokens = ebb::uniform_integers({1000}, generator.next(), 0, 7);
  ebb::nn::BatchSampler sampler(tokens, 64, 16, ebb::Key{seed});
  auto [inputs, targets] = sampler(step);
  CHECK(inputs.shape() == ebb::Shape{16, 64});

  const Model model(generator);
  ebb::nn::SGD optimizer(ebb::nn::parameters(model), {.lr = 0.1});
  {
    ebb::Tape<float> tape;
    ebb::nn::GradientFlow flow(tape, model);  // the one line, before the forward pass
    auto loss = cross_entropy(model(inputs), targets);
    tape.backward(loss);
    optimizer.step();
    const std::string text = printed([&] {
      for (const auto& block : flow.blocks()) std::cout << block.scope << ": " << block.gradient_norm << '\n';
    });
    CHECK(text.starts_with("block: 0."));
  }
  {
    ebb::Tape<float> tape({.keep_all = true});
    break_when(tape, ebb::attention_entropy{.below = 0.01});
    tape.backward(cross_entropy(model(inputs), targets));
    ebb::write_html(tape, "tape.html");
    CHECK(std::filesystem::file_size("tape.html") > 10'000);
  }
}

TEST_CASE_FIXTURE(Fixture, "how layers are initialised, put in order, saved and loaded") {
  const auto init = ebb::nn::Init::orthogonal().scaled(ebb::nn::depth_scale(12));
  ebb::nn::Linear linear(64, 64, generator, {.init = init});
  CHECK(linear(ebb::ones<float>({1, 64})).shape() == ebb::Shape{1, 64});

  ebb::nn::Linear last(16, 1, generator);
  const auto halve = [](const ebb::Tensor<float>& x) { return x / 2; };
  ebb::nn::Sequential net(ebb::nn::Linear(2, 16, generator), ebb::nn::Activation::tanh, halve, std::move(last));
  CHECK(net(ebb::ones<float>({5, 2})).shape() == ebb::Shape{5, 1});

  const auto& model = net;
  const auto before = net(ebb::ones<float>({5, 2})).to_vector();
  ebb::nn::save("model.safetensors", ebb::nn::parameters(model));
  ebb::nn::parameters(model)[0].set_value(ebb::Array<float>({2, 16}, 0.0F));
  ebb::nn::load("model.safetensors", ebb::nn::parameters(model));
  CHECK(net(ebb::ones<float>({5, 2})).to_vector() == before);
}

TEST_CASE_FIXTURE(Fixture, "the summary of a model") {
  const ebb::nn::Sequential model(ebb::nn::Embedding(7, 4, generator), ebb::nn::Dropout(0.5));
  const ebb::IntArray tokens({2, 3}, 1), x = tokens;
  const ebb::Key key{1};
  const std::string text = printed([&] {
    std::cout << ebb::nn::summary(model, x);
    std::cout << ebb::nn::summary(model, [&] { return model(tokens, key); });
  });
  CHECK(contains(text, "total  [2, 3, 4]"));
}

TEST_CASE_FIXTURE(Fixture, "arrays with names in a file") {
  const auto x = ebb::zeros<float>({2, 3});
  const ebb::IntArray labels{0, 1};
  ebb::write_safetensors("data.safetensors", {{"inputs", x}, {"labels", labels}}, {{"source", "a survey"}});
  CHECK(ebb::read_safetensors("data.safetensors").read<std::int32_t>("labels").to_vector() == labels.to_vector());
}

TEST_CASE("lists of the parameters of two models") {
  ebb::Generator random(1);
  const ebb::nn::Linear critic(2, 1, random), generator(1, 2, random);
  using ebb::nn::parameters;
  const auto both = parameters(generator).prefixed("generator") + parameters(critic).prefixed("critic");
  CHECK(both[2].name() == "critic.weight");
}
