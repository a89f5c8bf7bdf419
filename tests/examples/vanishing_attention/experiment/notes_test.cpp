#include <experiment/notes.hpp>

#include <cmath>
#include <experiment/model.hpp>

#include "../tiny_job.hpp"

#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

const LayerGradient& find(const std::vector<LayerGradient>& gradients, int layer, std::string_view kind) {
  for (const LayerGradient& g : gradients)
    if (g.layer == layer && g.kind == kind) return g;
  FAIL("nothing about ", kind, " in layer ", layer);
  return gradients.front();
}

double norm(const nn::ParameterList<float>& parameters, const std::vector<std::string>& names, bool of_gradient) {
  double squares = 0;
  for (const auto& parameter : parameters)
    for (const std::string& name : names)
      if (parameter.name() == name)
        for (float x : (of_gradient ? parameter.gradient() : parameter.value()).to_vector()) squares += double{x} * x;
  return std::sqrt(squares);
}

}  // namespace

TEST_CASE("the gradients of a step are those of the block inputs, and of each kind of weight taken together") {
  const Settings settings = tiny_settings();
  ebb::Generator generator(3);
  const Model model(settings, find_variant("bare"), 5, generator);
  const auto parameters = nn::parameters(model);
  nn::SGD<float> optimizer(parameters, {.lr = 0.5});
  const std::vector<std::string> query_key{"blocks.1.attention.query.weight", "blocks.1.attention.key.weight"},
      feed_forward{"blocks.0.feed_forward.up.weight", "blocks.0.feed_forward.down.weight"};

  ebb::Tape<float> tape;
  const nn::GradientFlow<float> flow(tape, model);
  tape.backward(ebb::cross_entropy(model(ebb::IntArray({1, 6}, {0, 1, 2, 3, 4, 0})), ebb::IntArray({1, 6}, 2)));
  const double gradient_1 = norm(parameters, query_key, true), weight_1 = norm(parameters, query_key, false);
  const double gradient_0 = norm(parameters, feed_forward, true), weight_0 = norm(parameters, feed_forward, false);
  REQUIRE(gradient_1 > 0);
  optimizer.step();
  std::vector<LayerGradient> gradients{{1, 2, "before", 0, 0, 0}};
  append_gradients(flow, 42, gradients);

  CHECK(gradients[0].kind == "before");  // appended, not replaced
  for (std::size_t i = 1; i < gradients.size(); ++i) CHECK(gradients[i].step == 42);
  const LayerGradient& one = find(gradients, 1, "query/key");
  CHECK(one.gradient_norm == doctest::Approx(gradient_1).epsilon(1e-5));
  CHECK(one.activation_norm == doctest::Approx(weight_1).epsilon(1e-5));
  CHECK(one.update_ratio == doctest::Approx(0.5 * gradient_1 / weight_1).epsilon(1e-3));
  const LayerGradient& zero = find(gradients, 0, "feed-forward");
  CHECK(zero.gradient_norm == doctest::Approx(gradient_0).epsilon(1e-5));
  CHECK(zero.update_ratio == doctest::Approx(0.5 * gradient_0 / weight_0).epsilon(1e-3));

  for (int layer = 0; layer <= settings.depth; ++layer) {
    const LayerGradient& input = find(gradients, layer, "block input");
    CHECK(input.gradient_norm > 0);
    CHECK(input.activation_norm > 0);
    CHECK(std::isnan(input.update_ratio));
  }
  CHECK(std::isnan(find(gradients, 0, "bias").update_ratio));  // biases begin at zero: no ratio to a size of zero
  CHECK(gradients.size() == 1 + 3 + 2 * 4);
}
