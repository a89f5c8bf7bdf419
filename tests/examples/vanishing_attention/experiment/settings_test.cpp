#include <experiment/settings.hpp>

#include <algorithm>
#include <set>

#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

ebb::nn::ParameterList<float> one_parameter() {
  ebb::nn::ParameterList<float> list;
  list.add(ebb::Parameter<float>(ebb::Array<float>({2}, {1, 2}), "w"));
  return list;
}

}  // namespace

TEST_CASE("a clip is read") {
  CHECK(parse_clip("none").kind == nn::Clip::Kind::none);
  CHECK(parse_clip("norm:1.0").kind == nn::Clip::Kind::norm);
  CHECK(parse_clip("norm:1.0").limit == 1);
  CHECK(parse_clip("value:5e-3").kind == nn::Clip::Kind::value);
  CHECK(parse_clip("value:5e-3").limit == 0.005);
}

TEST_CASE("what is no clip is refused, and the message says what is") {
  for (const char* text : {"", "norm", "norm:", "norm:0", "norm:-1", "norm:nan", "norm:inf", "norm:1x", "norm: 1",
                           "norm:1:2", "value", "Value:1", "none:1", "max:1", ":1", "1"}) {
    CAPTURE(text);
    CHECK_EXCEPTION(parse_clip(text), "--clip takes norm:MAX, value:MAX (MAX a number above 0) or none",
                    "'" + std::string(text) + "'");
  }
}

TEST_CASE("initialisations are known by name, and only the depth-scaled one looks at the depth") {
  for (const char* name : {"fan-in", "xavier-uniform", "xavier-normal", "kaiming-uniform", "kaiming-normal",
                           "orthogonal", "truncated-normal"})
    CHECK(parse_init(name, 8).output_scale == 1);
  CHECK(parse_init("depth-scaled", 8).output_scale == doctest::Approx(0.25));
  CHECK_EXCEPTION(parse_init("xavier", 8), "there is no initialisation 'xavier'; there is fan-in, xavier-uniform, ");
}

TEST_CASE("fan-in initialisation is uniform within 1 / sqrt(fan-in)") {
  ebb::Generator generator(1);
  const nn::Linear<float> linear(64, 256, generator, {.init = parse_init("fan-in", 1).init});
  const auto values = linear.weight.value().to_vector();
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  CHECK(*low >= -0.125f);
  CHECK(*low < -0.12f);
  CHECK(*high <= 0.125f);
  CHECK(*high > 0.12f);
}

TEST_CASE("optimizers are known by name, and each one clips and steps") {
  std::set<float> first;
  for (const char* name : {"sgd", "adam", "adamw", "rmsprop"}) {
    CAPTURE(name);
    auto list = one_parameter();
    const auto optimizer = make_optimizer(name, list, 0.5, nn::clip_by_norm(1));
    list[0].set_gradient(ebb::Array<float>({2}, {30, 40}));
    const nn::StepReport report = optimizer->step();
    CHECK(report.norm_before == doctest::Approx(50));
    CHECK(report.norm_after == 1);
    CHECK(report.learning_rate == 0.5);
    CHECK(list[0].value().at({0}) < 1);
    first.insert(list[0].value().at({0}));
  }
  CHECK(first.size() == 4);  // they are not the same one
  CHECK_EXCEPTION(make_optimizer("Adam", {}, 0.1, {}),
                  "there is no optimizer 'Adam'; there is sgd, adam, adamw, rmsprop");
}
