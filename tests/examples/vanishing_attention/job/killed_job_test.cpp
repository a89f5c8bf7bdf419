#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <job/train_all.hpp>
#include <job/unfinished.hpp>
#include <random>
#include <thread>

#include "../run_numbers.hpp"
#include "../tiny_job.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

/// Begins the job, or goes on with it, and saves after every step.
std::vector<Run> train_on(Settings settings) {
  settings.resume = std::filesystem::exists(settings.out + "/unfinished/job.json");
  return train_all(settings, tiny_corpus(), UnfinishedJob(settings, tiny_corpus(), 0));
}

/// Lets a process of its own train, and kills it after so many milliseconds. Returns false if it failed before.
bool train_and_kill(const Settings& settings, int milliseconds) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    try {
      train_on(settings);
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a job that is killed at random moments, while it saves too, ends in the numbers of one that is not") {
  Settings settings = tiny_settings();
  settings.variants = {"residual", "pre-norm", "residual+clip-norm"};
  settings.steps = 150;
  settings.learning_rate = 1;  // at which "residual" explodes
  const std::string whole = numbers(train_all(settings, tiny_corpus()));
  for (const int threads : {1, 2}) {
    CAPTURE(threads);
    const TemporaryFolder folder;
    settings.out = folder.path;
    settings.threads = threads;
    std::mt19937 random(7);
    for (int kills = 0; kills < 30; ++kills) CHECK(train_and_kill(settings, static_cast<int>(random() % 30)));
    CHECK(numbers(train_on(settings)) == whole);
  }
}
