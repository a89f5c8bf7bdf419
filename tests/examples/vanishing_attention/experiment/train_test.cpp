#include <experiment/train.hpp>
#include <span>

#include <cmath>
#include <experiment/model.hpp>
#include <job/train_all.hpp>
#include <set>
#include <span>

#include "../run_numbers.hpp"
#include "../tiny_job.hpp"
#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

bool go_on(const Run&) { return true; }

Run train_tiny(const std::string& variant, std::uint64_t seed = 1, const Settings& settings = tiny_settings()) {
  return train(settings, find_variant(variant), seed, tiny_corpus(), go_on);
}

std::set<std::string> kinds_of(const Run& run, int step, int layer) {
  std::set<std::string> kinds;
  for (const LayerGradient& g : run.gradients)
    if (g.step == step && g.layer == layer) CHECK(kinds.insert(g.kind).second);
  return kinds;
}

}  // namespace

TEST_CASE("the same seed gives the same numbers bit for bit, another seed others") {
  for (const char* variant : {"pre-norm", "residual+clip-norm"}) {
    const std::string first = numbers({train_tiny(variant, 1)});
    CHECK(first == numbers({train_tiny(variant, 1)}));
    CHECK(first != numbers({train_tiny(variant, 2)}));
  }
}

TEST_CASE("the numbers do not depend on the number of threads, neither within a run nor of runs side by side") {
  Settings settings = tiny_settings();
  const std::vector<Run> runs = train_all(settings, tiny_corpus());
  REQUIRE(runs.size() == 10);
  for (std::size_t i = 0; i < runs.size(); ++i) {  // seed by seed, in the order of the variants
    CHECK(runs[i].variant == settings.variants[i % 5]);
    CHECK(runs[i].seed == 1 + i / 5);
    CHECK(runs[i].finished);
  }
  CHECK(numbers({runs[1]}) == numbers({train_tiny("pre-norm")}));
  for (const int threads : {2, 3, 25}) {
    CAPTURE(threads);
    settings.threads = threads;
    CHECK(numbers(train_all(settings, tiny_corpus())) == numbers(runs));
  }
}

TEST_CASE("each step is recorded, and the held-out loss at the first and the last at least") {
  const Run run = train_tiny("pre-norm");
  CHECK(run.variant == "pre-norm");
  CHECK(run.seed == 1);
  CHECK(run.finished);
  CHECK(run.error.empty());
  CHECK(run.tokens_per_second > 0);
  REQUIRE(run.steps.size() == 12);
  for (int step = 0; step < 12; ++step) {
    const StepMetrics& metrics = run.steps[static_cast<std::size_t>(step)];
    CHECK(metrics.step == step);
    CHECK(metrics.train_loss > 0);
    CHECK(metrics.train_loss < 10);
    CHECK(metrics.gradient_norm > 0);
    CHECK(metrics.clipped_norm == metrics.gradient_norm);
    CHECK_FALSE(metrics.clipped);
  }
  CHECK(run.steps.front().held_out_loss > 0);
  CHECK(run.steps.back().held_out_loss > 0);
  CHECK(run.clipping.empty());
}

TEST_CASE("a tiny model learns a text without surprises") {
  Corpus corpus = tiny_corpus();
  for (const auto part :
       {std::span(corpus.train.mutable_data(), corpus.train.values().size()), std::span(corpus.held_out)})
    for (std::size_t i = 0; i < part.size(); ++i) part[i] = static_cast<std::int32_t>(i % 2);
  Settings settings = tiny_settings();
  settings.steps = 60;
  const Run run = train(settings, find_variant("pre-norm"), 1, corpus, go_on);
  CHECK(run.steps.front().held_out_loss > 1);
  CHECK(run.steps.back().held_out_loss < 0.2);
}

TEST_CASE("the learning rate rises to its peak and falls to near a tenth") {
  Settings settings = tiny_settings();
  settings.steps = 40;
  const Run run = train_tiny("pre-norm", 1, settings);
  const auto rate = [&](std::size_t step) { return run.steps[step].learning_rate; };
  CHECK(rate(0) == doctest::Approx(settings.learning_rate / 8));
  CHECK(rate(3) == doctest::Approx(settings.learning_rate / 2));
  CHECK(rate(8) == doctest::Approx(settings.learning_rate));
  for (std::size_t step = 9; step < 40; ++step) CHECK(rate(step) < rate(step - 1));
  CHECK(rate(39) > settings.learning_rate / 10);
  CHECK(rate(39) < settings.learning_rate / 9);
}

TEST_CASE("gradients are complete: each step that is looked into, each layer, each kind of weight") {
  const std::set<std::string> weights{"block input", "query/key", "value/output", "feed-forward", "bias"};
  for (const char* variant : {"bare", "pre-norm", "post-norm"}) {
    CAPTURE(variant);
    std::set<std::string> kinds = weights;
    if (variant != std::string("bare")) kinds.insert("norm");
    const Run run = train_tiny(variant);
    for (const int step : {0, 11}) {
      for (const int layer : {0, 1}) CHECK(kinds_of(run, step, layer) == kinds);
      CHECK(kinds_of(run, step, 2) == std::set<std::string>{"block input"});
    }
    for (const LayerGradient& g : run.gradients) {
      CHECK(std::isfinite(run.steps[static_cast<std::size_t>(g.step)].held_out_loss));
      CHECK(g.gradient_norm > 0);
      if (g.kind == "feed-forward") CHECK(g.update_ratio > 0);
    }
  }
}

TEST_CASE("attention weights are positive, look back only, and sum to one") {
  const Settings settings = tiny_settings();
  const Run run = train_tiny("pre-norm");
  REQUIRE(run.attention.size() == 2);
  CHECK(run.attention[0].layer == 0);
  CHECK(run.attention[1].layer == 1);
  for (const AttentionMap& map : run.attention) {
    REQUIRE(map.size == settings.context);
    REQUIRE(map.weights.size() == static_cast<std::size_t>(map.size * map.size));
    REQUIRE(map.tokens.size() == static_cast<std::size_t>(map.size));
    CHECK(map.tokens[0] == tiny_corpus().characters[static_cast<std::size_t>(tiny_corpus().held_out[0])]);
    for (int query = 0; query < map.size; ++query) {
      double sum = 0;
      for (int key = 0; key < map.size; ++key) {
        const float weight = map.weights[static_cast<std::size_t>(query * map.size + key)];
        CHECK((key <= query ? weight > 0 : weight == 0));
        sum += weight;
      }
      CHECK(sum == doctest::Approx(1).epsilon(1e-5));
    }
  }
  CHECK(train_tiny("pre-norm", 2).attention.empty());  // one passage is enough to look at
}

TEST_CASE("clipping is that of the variant, unless the settings say otherwise") {
  Settings settings = tiny_settings();
  settings.clip = "norm:0.001";
  const Run clipped = train_tiny("pre-norm", 1, settings);
  for (const StepMetrics& metrics : clipped.steps) {
    CHECK(metrics.clipped);
    CHECK(metrics.clipped_norm == doctest::Approx(0.001));
  }
  CHECK_FALSE(clipped.clipping.empty());
  settings.clip = "none";
  const Run unclipped = train_tiny("bare+clip-value", 1, settings);
  for (const StepMetrics& metrics : unclipped.steps) CHECK_FALSE(metrics.clipped);
  CHECK(unclipped.clipping.empty());
  CHECK(train_tiny("bare+clip-value").steps[0].clipped);
}

TEST_CASE("a learning rate that diverges ends the run with an error that says where") {
  Settings settings = tiny_settings();
  settings.learning_rate = 1e30;
  for (const char* variant :
       {"residual", "residual+clip-norm"}) {  // the latter fails where its clipping is looked into
    const Run run = train_tiny(variant, 1, settings);
    CHECK_FALSE(run.finished);
    CHECK(contains(run.error, "is not finite"));
    CHECK(run.steps.size() < 12);
    CHECK(run.attention.empty());
  }
  settings.variants = {"residual", "bare"};
  settings.clip = "none";
  const std::vector<Run> runs = train_all(settings, tiny_corpus());
  CHECK(runs.size() == 4);  // a run that fails is kept, and keeps no other from running
}

TEST_CASE("a run ends early when it is asked to, and keeps what it has") {
  const auto stop_after_three = [](const Run& run) { return run.steps.size() < 3; };
  const Run run = train(tiny_settings(), find_variant("pre-norm"), 1, tiny_corpus(), stop_after_three);
  CHECK(run.steps.size() == 3);
  CHECK_FALSE(run.finished);
  CHECK(run.error.empty());
  CHECK(run.tokens_per_second > 0);
  CHECK_FALSE(run.gradients.empty());
}

TEST_CASE("the smallest stack trains: one step, one layer, one head, one character of context") {
  Settings settings = tiny_settings();
  settings.depth = settings.width = settings.heads = settings.context = settings.batch_size = settings.steps = 1;
  for (const Variant& each : all_variants()) {
    CAPTURE(each.name);
    const Run run = train(settings, each, 1, tiny_corpus(), go_on);
    CHECK(run.finished);
    CHECK(run.attention.size() == 1);
  }
}

TEST_CASE("parameters are counted") {
  Settings settings;
  settings.depth = 1, settings.width = 4, settings.heads = 1, settings.context = 3;
  // Characters and positions, four projections, up and down, head.
  const std::size_t bare = 5 * 4 + 3 * 4 + 4 * (16 + 4) + (64 + 16) + (64 + 4) + (20 + 5);
  CHECK(parameter_count(settings, find_variant("bare"), 5) == bare);
  CHECK(parameter_count(settings, find_variant("pre-norm"), 5) == bare + 3 * 8);
  CHECK(parameter_count(settings, find_variant("post-norm"), 5) == bare + 2 * 8);
}
