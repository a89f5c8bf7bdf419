#include <experiment/saved_run.hpp>

#include <cmath>
#include <ebb/nn/training_state.hpp>

#include "../run_numbers.hpp"
#include "../synthetic_results.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

/// The run after it was written to a file and read from there.
Run through_file(const Run& run) {
  const TemporaryFolder folder;
  SavedRun written(run), read;
  ebb::nn::TrainingState out, in;
  out.add("run", written);
  in.add("run", read);
  ebb::nn::save(folder.path + "/run", out);
  ebb::nn::load(folder.path + "/run", in);
  return read.run();
}

}  // namespace

TEST_CASE("a run comes back from a file as it was") {
  Run run;
  run.variant = "pre-norm", run.seed = 7, run.seconds = 1.5, run.tokens_per_second = 1e5, run.finished = true;
  run.steps = {{.step = 0, .train_loss = 0.1, .held_out_loss = 5, .gradient_norm = 1e-300, .clipped_norm = 2},
               {.step = 1, .train_loss = INFINITY, .clipped = true, .learning_rate = 0.3}};
  run.gradients = {{0, 0, block_input, 1, 2, not_measured}, {0, 1, "query/key", 3, 4, 5}};
  run.clipping = {{.step = 1, .changed = true, .ratio_change = 0.1, .largest_growth = -2, .cosine = 0.5}};
  const std::string zero(1, '\0');
  run.attention = {{0, 0, 2, {1, 0, 0.25F, 0.75F}, {"\n", zero}}, {3, 1, 1, {1}, {"é"}}};
  const Run read = through_file(run);
  CHECK(read.variant == "pre-norm");
  CHECK(read.seed == 7);
  CHECK(read.seconds == 1.5);
  CHECK(read.tokens_per_second == 1e5);
  CHECK(read.finished);
  CHECK(read.error.empty());
  CHECK(numbers({read}) == numbers({run}));
  CHECK(std::isnan(read.steps[1].held_out_loss));
  CHECK_FALSE(read.steps[0].clipped);
  CHECK(read.steps[1].clipped);
  CHECK(read.clipping[0].step == 1);
  CHECK(read.clipping[0].changed);
  REQUIRE(read.attention.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(read.attention[i].layer == run.attention[i].layer);
    CHECK(read.attention[i].head == run.attention[i].head);
    CHECK(read.attention[i].size == run.attention[i].size);
    CHECK(read.attention[i].weights == run.attention[i].weights);
    CHECK(read.attention[i].tokens == run.attention[i].tokens);
  }
}

TEST_CASE("a run that exploded, and one that has no steps, come back too") {
  Run run;
  run.variant = "residual", run.error = "the gradient of 'x' is not finite";
  const Run read = through_file(run);
  CHECK(read.error == run.error);
  CHECK_FALSE(read.finished);
  CHECK(read.steps.empty());
  CHECK(std::isnan(read.tokens_per_second));
}

TEST_CASE("runs of every kind come back, number by number") {
  const Results results = synthetic_results();
  for (const Run& run : results.runs) CHECK(numbers({through_file(run)}) == numbers({run}));
}

TEST_CASE("fields that are those of no run are refused") {
  for (const std::string changed : {"steps", "gradients", "clipping", "attention", "attention_weights"}) {
    CAPTURE(changed);
    SavedRun saved{Run{}};
    auto add_number = [&]<class Field>(const std::string& name, Field& field) {
      if constexpr (std::is_same_v<Field, std::vector<double>>)
        if (name == changed) field.push_back(1);
    };
    saved.visit_state(add_number);
    CHECK_ERROR(saved.run(), "are not those of a run");
  }
}
