// The scope of a layer's call: found among the fields that `visit` lists.
#include "support/check.hpp"

using namespace ebb_test;

namespace {

struct Encoder {
  explicit Encoder(ebb::Generator& random) : first(2, 2, random), last(2, 2, random) {}
  Tensor<float> operator()(const Tensor<float>& x) const { return call(*this, last, call(*this, first, x)); }
  void visit(auto& field) const { field("first", first), field("last", last); }
  nn::Linear<> first, last;
};

/// Layers in every place where `visit` lists them, and one, `forgotten`, that it does not list.
struct Model {
  explicit Model(ebb::Generator& random) : encoder(random), norm(std::in_place, 2), head(2, 2, random), forgotten(2) {
    for (int i = 0; i < 12; ++i) layers.emplace_back(2, 2, random);
  }
  void visit(auto& field) const {
    field("encoder", encoder), field("layers", layers), field("norm", norm), field("absent", absent);
    field("head_with_a_long_name", head);
  }
  Encoder encoder;
  std::vector<nn::Linear<>> layers;
  std::optional<nn::LayerNorm<>> norm, absent;
  nn::Linear<> head;
  nn::LayerNorm<> forgotten;
};

struct Fixture {
  ebb::Generator random{1};
  const Model model{random};
  const Tensor<float> x = ebb::ones<float>({1, 2});
  ebb::Tape<float> tape;

  std::string scope_of(const Tensor<float>& y) const { return *tape[y].scope; }
};

struct Pointers {
  struct Halve {
    Tensor<float> operator()(const Tensor<float>& x) const { return x / 2; }
    void visit(auto&) const {}
  };
  std::vector<std::unique_ptr<Halve>> layers;
  Tensor<float> operator()(const Tensor<float>& x) const { return call(*this, layers, x); }
  void visit(auto& field) const { field("layers", layers); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a layer is called in the scope of the name by which visit lists it") {
  CHECK(scope_of(nn::call(model, model.head, x)) == "head_with_a_long_name");
  CHECK(scope_of(nn::call(model, model.layers[3], x)) == "layers.3");
  CHECK(scope_of(nn::call(model, model.layers[11], x)) == "layers.11");
  CHECK(scope_of(nn::call(model, model.layers, x)) == "layers.11");
  CHECK(scope_of(nn::call(model, *model.norm, x)) == "norm");
  CHECK(ebb::Scope::current().empty());
}

TEST_CASE_FIXTURE(Fixture, "a struct and its first field have one address and two scopes") {
  CHECK(scope_of(nn::call(model, model.encoder, x)) == "encoder.last");
  CHECK(scope_of(nn::call(model, model.encoder.first, x)) == "encoder.first");
}

TEST_CASE_FIXTURE(Fixture, "the scope of each record of a parameter is the path of the parameter") {
  Tensor<float> y = nn::call(model, model.layers, nn::call(model, model.encoder, x));
  (void)nn::call(model, model.head, nn::call(model, *model.norm, y));
  for (const ebb::Parameter<float>& parameter : nn::parameters(model)) {
    const auto& leaf = tape[tape.leaves_of(parameter).front()];
    CHECK(*leaf.scope + parameter.name().substr(parameter.name().rfind('.')) == parameter.name());
  }
}

TEST_CASE_FIXTURE(Fixture, "a layer that visit does not list is refused, with the types, the line and a remedy") {
  const int line = __LINE__ + 1;
  CHECK_ERROR(nn::call(model, model.forgotten, x),
              "Model does not list the layer that it calls, which is of type ebb::nn::LayerNorm<float>",
              "add field(\"name\", layer) to it", "call_test.cpp:" + std::to_string(line));

  ebb::Generator generator(1);
  const nn::Linear<> other(2, 2, generator);
  CHECK_ERROR(nn::call(model, other, x), "and call the field itself");
  const std::vector<nn::Linear<>> others;
  CHECK_ERROR(nn::call(model, others, x), "std::vector<ebb::nn::Linear<float>");
  CHECK(ebb::Scope::current().empty());
}

TEST_CASE_FIXTURE(Fixture, "a layer's other functions run in its scope too, at the line that a layer was told") {
  const ebb::SourceLocation here = ebb::SourceLocation::current();
  const nn::LayerScope scope({model, here}, model.head);
  CHECK(ebb::Scope::current() == "head_with_a_long_name");
  CHECK(ebb::Scope::caller_or({}).line() == here.line());
}

TEST_CASE("a vector of layers may hold them by pointers, some of them empty") {
  std::vector<std::unique_ptr<Pointers::Halve>> layers(3);
  layers[0] = std::make_unique<Pointers::Halve>();
  layers[2] = std::make_unique<Pointers::Halve>();
  const Pointers model{std::move(layers)};
  Tape<float> tape;
  const Tensor<float> y = model(tape.watch(ones<float>({1})));
  CHECK(y.item() == 0.25);
  CHECK(*tape[y].scope == "layers.2");
}
