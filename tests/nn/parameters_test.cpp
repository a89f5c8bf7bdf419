#include <sstream>

#include "support/check.hpp"

using namespace ebb_test;
using ebb::nn::parameters;

namespace {

template <class T>
struct Pair {
  Parameter<T> weight{Array<T>({2, 3}, T{1})}, bias{Array<T>({3}, T{0})};
  void visit(auto& field) const { field("weight", weight), field("bias", bias); }
};

template <class T = float>
struct Model {
  Parameter<T> table{Array<T>({4, 2}, T{1})};
  std::vector<Pair<T>> blocks{std::size_t{2}};
  std::optional<Pair<T>> extra;
  Parameter<T> absent;
  void visit(auto& field) const {
    field("table", table), field("blocks", blocks), field("extra", extra), field("absent", absent);
  }
};

template <class T>
std::vector<std::string> names(const ebb::nn::ParameterList<T>& list) {
  std::vector<std::string> result;
  for (const auto& parameter : list) result.push_back(parameter.name());
  return result;
}

using Names = std::vector<std::string>;

struct Twice {
  Parameter<float> a{Array<float>({1}, 0.0F)}, b{Array<float>({1}, 0.0F)};
  void visit(auto& field) const { field("w", a), field("w", b); }
};

struct Pointed {
  std::unique_ptr<Pair<float>> full = std::make_unique<Pair<float>>(), empty;
  void visit(auto& field) const { field("full", full), field("empty", empty); }
};

}  // namespace

TEST_CASE("parameters are listed in the order of visit and named by their path") {
  Model<> model;
  const Names expected{"table", "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias"};
  CHECK(names(parameters(model)) == expected);
  model.extra.emplace();
  CHECK(names(parameters(model)).back() == "extra.bias");
}

TEST_CASE("the list holds the model's own parameters, and so does a copy of the list") {
  Model<> model;
  auto list = parameters(model);
  auto copy = list;
  copy["blocks.0.bias"].set_value(Array<float>({3}, 5.0F));
  CHECK(model.blocks[0].bias.value().at({1}) == 5);
  CHECK(&list["blocks.0.bias"].state() == &model.blocks[0].bias.state());
}

TEST_CASE("a shared parameter is listed once, under its first path") {
  Model<> model;
  ebb::tie(model.blocks[0].weight, model.blocks[1].weight);
  CHECK(names(parameters(model)) == Names{"table", "blocks.0.weight", "blocks.0.bias", "blocks.1.bias"});
  CHECK(parameters(model).count() == 8 + 6 + 3 + 3);
}

TEST_CASE("names belong to the list, whatever was listed before: those of a part start at the part") {
  const Model<> model;
  const auto whole = parameters(model), part = parameters(model.blocks[1]);
  CHECK(names(part) == Names{"weight", "bias"});
  CHECK(names(whole)[3] == "blocks.1.weight");
  CHECK(whole[3].name() == "blocks.1.weight");
  CHECK(model.blocks[1].weight.name().empty());

  ebb::nn::ParameterList<float> own;
  own.add(whole[3]);
  own.add(part[1], "shift");
  CHECK(names(own) == Names{"blocks.1.weight", "shift"});
}

TEST_CASE("a layer may be held by a pointer") {
  CHECK(names(parameters(Pointed())) == Names{"full.weight", "full.bias"});
}

TEST_CASE("two fields of one name are refused where the parameters are listed") {
  CHECK_ERROR(parameters(Twice()), "two fields of the model are named 'w'");
}

TEST_CASE("values are kept, though the model trains on, and given back, or to another model") {
  Model<> model, other;
  const auto best = parameters(model).values();
  model.table.set_value(Array<float>({4, 2}, 7.0F));
  CHECK(best[0].at({0, 0}) == 1);
  parameters(other).set_values(parameters(model).values());
  CHECK(other.table.value().at({3, 1}) == 7);
  parameters(model).set_values(best);
  CHECK(model.table.value().at({3, 1}) == 1);
  CHECK(other.table.value().at({3, 1}) == 7);
}

TEST_CASE("values that do not fit are refused, and none is taken") {
  Model<> model;
  auto list = parameters(model);
  auto values = list.values();
  values[0] = Array<float>({4, 2}, 7.0F);
  values[4] = Array<float>({2}, 7.0F);
  CHECK_ERROR(list.set_values(values),
              "'blocks.1.bias' has shape [3], but the value for it has [2]; no parameter was changed");
  values.pop_back();
  CHECK_ERROR(list.set_values(values), "4 values for 5 parameters");
  CHECK(model.table.value().at({0, 0}) == 1);
}

TEST_CASE("the scalar type is that of the model's template argument") {
  const Model<double> model;
  const ebb::nn::ParameterList<double> list = parameters(model);
  CHECK(list.size() == 5);
}

TEST_CASE("counts tell trainable parameters from frozen ones") {
  Model<> model;
  auto list = parameters(model);
  CHECK(list.count() == 26);
  parameters(model.blocks[0]).set_trainable(false);
  CHECK(list.trainable_count() == 17);
}

namespace {

/// A layer with a parameter and a buffer.
struct Scaler {
  Parameter<float> weight{Array<float>({2}, 1.0F)}, scale{ebb::buffer<float>(Array<float>({3}, 4.0F), "scale")};
  void visit(auto& field) const { field("weight", weight), field("scale", scale); }
};

}  // namespace

TEST_CASE("a buffer is listed with the parameters, and keeps and takes values as they do") {
  const Scaler scaler, other;
  CHECK(names(parameters(scaler)) == Names{"weight", "scale"});
  CHECK(scaler.scale.is_buffer());
  CHECK_FALSE(scaler.weight.is_buffer());
  parameters(scaler)["scale"].set_value(Array<float>({3}, 5.0F));
  parameters(other).set_values(parameters(scaler).values());
  CHECK(other.scale.value().at({2}) == 5);
  const Parameter<float> copy = scaler.scale.clone();
  CHECK(copy.is_buffer());
  CHECK(copy.name() == "scale");
}

TEST_CASE("a buffer is never trained: one refuses to become trainable, and a list passes over it") {
  const Scaler scaler;
  auto list = parameters(scaler);
  CHECK_ERROR(list["scale"].set_trainable(true), "'scale' is a buffer, which is never trained: make it a Parameter");
  list["scale"].set_trainable(false);
  list.set_trainable(false);
  CHECK_FALSE(scaler.weight.trainable());
  list.set_trainable(true);
  CHECK(scaler.weight.trainable());
  CHECK_FALSE(scaler.scale.trainable());
  ebb::Tape<float> tape;
  tape.backward(sum(scaler.weight) * sum(scaler.scale));
  CHECK(scaler.weight.gradient().at({0}) == 12);
  CHECK_FALSE(scaler.scale.gradient().defined());
}

TEST_CASE("a buffer does not count among the parameters, and the summary says that it is one") {
  const Scaler scaler;
  CHECK(parameters(scaler).count() == 2);
  CHECK(parameters(scaler).trainable_count() == 2);
  CHECK(ebb::nn::summary(scaler) ==
        "parameter  shape       count  trainable\n"
        "weight     [2]             2  yes\n"
        "scale      [3]             3  buffer\n"
        "total                      2  2 trainable\n");
}

TEST_CASE("a name that is not there is an error that shows similar ones") {
  Model<> model;
  auto list = parameters(model);
  CHECK_THROWS_WITH_AS(list["block.0.bias"],
                       "no parameter is named 'block.0.bias' among 5; there are blocks.0.bias, blocks.1.bias",
                       ebb::Error);
}

TEST_CASE("where chooses parameters") {
  Model<> model;
  const auto vectors = parameters(model).where([](const auto& parameter) { return parameter.shape().rank() == 1; });
  CHECK(names(vectors) == Names{"blocks.0.bias", "blocks.1.bias"});
}

TEST_CASE("the summary is a table of paths, shapes and counts with a total") {
  Model<> model;
  model.blocks.pop_back();
  model.table.set_trainable(false);
  CHECK(ebb::nn::summary(model) ==
        "parameter        shape        count  trainable\n"
        "table            [4, 2]           8  no\n"
        "blocks.0.weight  [2, 3]           6  yes\n"
        "blocks.0.bias    [3]              3  yes\n"
        "total                            17  9 trainable\n");
}

TEST_CASE("a name that was mistyped gets the names that are near") {
  ebb::nn::ParameterList<float> list;
  for (const char* name : {"encoder.bias", "decoder.weight", "a.weight", "a.bias", "b.weight"})
    list.add(Parameter<float>(Array<float>({1}, {0}), name));
  CHECK_THROWS_WITH_AS(list["a.weigth"], "no parameter is named 'a.weigth' among 5; there are a.weight, b.weight",
                       ebb::Error);
  CHECK_THROWS_WITH_AS(list["weight"],
                       "no parameter is named 'weight' among 5; there are a.weight, b.weight, "
                       "decoder.weight",
                       ebb::Error);
  CHECK_THROWS_WITH_AS(list["decodr.weight"],
                       "no parameter is named 'decodr.weight' among 5; there are decoder.weight, "
                       "a.weight, b.weight",
                       ebb::Error);
  CHECK_THROWS_WITH_AS(list["gain"], "no parameter is named 'gain' among 5", ebb::Error);
  CHECK_ERROR(list[std::string(100'000, 'x')], "no parameter is named 'xxx");
}

TEST_CASE("a parameter taken from a list that goes at once is a handle of its own") {
  Model<> model;
  auto table = parameters(model)["table"];
  static_assert(!std::is_reference_v<decltype(parameters(model)["table"])>);
  table.set_value(Array<float>({4, 2}, 7.0F));
  CHECK(table.name() == "table");
  CHECK(model.table.value().at({0, 0}) == 7);
}

TEST_CASE("a name that two parameters of a list bear is refused") {
  const Model<> model;
  ebb::nn::ParameterList<float> list;
  list.add(model.blocks[0].weight, "w");
  list.add(model.blocks[1].weight, "w");
  CHECK_ERROR(list["w"], "two parameters of the list are named 'w'");
}

TEST_CASE("a model that was moved from has no parameters to list") {
  Model<> model;
  const Model<> moved = std::move(model);
  CHECK(parameters(moved).size() == 5);
  CHECK_ERROR(parameters(model), "was moved from, perhaps with its model");
}

TEST_CASE("lists are joined, a parameter of both once, under its first name") {
  const Model<> a, b;
  const auto first = parameters(a.blocks[0]).prefixed("a"), second = parameters(b.blocks[0]).prefixed("b");
  CHECK(names(first + second) == Names{"a.weight", "a.bias", "b.weight", "b.bias"});
  auto all = parameters(a);
  all += parameters(a.blocks[0]).prefixed("again");
  CHECK(names(all) == names(parameters(a)));
  CHECK(names(all + all) == names(all));
  all += ebb::nn::ParameterList<float>();
  CHECK(all.size() == 5);
  CHECK((first + second)["b.bias"].shared_state() == b.blocks[0].bias.shared_state());
}

TEST_CASE("lists in which one name stands for two parameters are not joined") {
  const Model<> a, b;
  auto all = parameters(a.blocks[0]);
  CHECK_ERROR(all += parameters(b.blocks[0]), "two parameters of the joined lists are named 'weight'",
              "parameters(a).prefixed(\"a\") + parameters(b).prefixed(\"b\")");
  CHECK(all.size() == 2);
  const Parameter<float> one(Array<float>({1}, 0.0F)), other(Array<float>({1}, 0.0F));
  ebb::nn::ParameterList<float> unnamed, more;
  unnamed.add(one), more.add(other);
  CHECK((unnamed + more).size() == 2);
  CHECK(names(unnamed.prefixed("a")) == Names{""});
}

TEST_CASE("a list prints as its table") {
  const Scaler scaler;
  std::ostringstream out;
  out << parameters(scaler);
  CHECK(out.str() == ebb::nn::summary(scaler));
}
