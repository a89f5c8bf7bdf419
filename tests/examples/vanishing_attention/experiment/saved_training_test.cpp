#include <experiment/saved_training.hpp>

#include <ebb/ops/threads.hpp>
#include <experiment/train.hpp>

#include "../run_numbers.hpp"
#include "../tiny_job.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

/// Trains until the run has so many steps, and puts the number of steps that it was resumed with into `before`.
Run train_until(std::size_t steps, const SaveTo& to, const std::string& variant = "residual+clip-norm",
                const Settings& settings = tiny_settings(), std::size_t* before = nullptr) {
  bool first = true;
  return train(
      settings, find_variant(variant), 1, tiny_corpus(),
      [&](const Run& run) {
        if (first && before != nullptr) *before = run.steps.size() - 1;
        first = false;
        return run.steps.size() < steps;
      },
      to);
}

constexpr std::size_t the_end = 100;

}  // namespace

TEST_CASE("a run that stopped after any step goes on from there to the same numbers, on one and two threads") {
  for (const char* variant : {"pre-norm", "residual+clip-norm"}) {
    const std::string whole = numbers({train_until(the_end, {}, variant)});
    for (const int threads : {1, 2})
      for (std::size_t stop_at = 1; stop_at <= 12; ++stop_at) {
        CAPTURE(stop_at);
        const TemporaryFolder folder;
        const SaveTo to{folder.path + "/training"};
        ebb::set_threads(threads);
        CHECK_FALSE(train_until(stop_at, to, variant).steps.size() > stop_at);
        CHECK(saved_steps(to.file) == static_cast<int>(stop_at));
        std::size_t before = 12;
        const Run resumed = train_until(the_end, to, variant, tiny_settings(), &before);
        CHECK(before == stop_at);
        CHECK(resumed.finished);
        CHECK(numbers({resumed}) == whole);
      }
  }
}

TEST_CASE("a run under way is saved without being asked to stop") {
  const TemporaryFolder folder;
  const SaveTo to{folder.path + "/training"};
  CHECK(saved_steps(to.file) == 0);
  train_until(the_end, to);
  CHECK(saved_steps(to.file) >= 1);
  train_until(the_end, {to.file, 0});
  CHECK(saved_steps(to.file) == 12);
}

TEST_CASE("the time of a run that was resumed is that of its parts together") {
  const TemporaryFolder folder;
  const SaveTo to{folder.path + "/training"};
  const Run part = train_until(5, to);
  CHECK(part.seconds > 0);
  CHECK(train_until(the_end, to).seconds > part.seconds);
}

TEST_CASE("a training that cannot be saved goes on, and says so once") {
  const TemporaryFolder folder;
  int times = 0;
  std::string why;
  const SaveTo to{folder.path + "/missing/training", 0, [&](const std::string& message) { ++times, why = message; }};
  CHECK(numbers({train_until(the_end, to)}) == numbers({train_until(the_end, {})}));
  CHECK(times == 1);
  CHECK(contains(why, "missing/training"));
}

TEST_CASE("a file that is damaged, or of another training, is refused, and the message says what to do") {
  const TemporaryFolder folder;
  const SaveTo to{folder.path + "/training"};
  train_until(5, to);
  Settings deeper = tiny_settings();
  deeper.depth = 3;
  CHECK_ERROR(train_until(the_end, to, "residual+clip-norm", deeper), "does not hold this training",
              "delete this file, and its run begins anew");
  CHECK_ERROR(train_until(the_end, to, "pre-norm"), "does not hold this training");

  const std::string whole = text_of(to.file);
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, whole.size() / 2, whole.size() - 1}) {
    write_text(to.file, whole.substr(0, size));
    CHECK_ERROR(train_until(the_end, to), "/training'", "delete this file, and its run begins anew");
    CHECK_ERROR(saved_steps(to.file), "/training'", "delete this file, and its run begins anew");
  }
}
