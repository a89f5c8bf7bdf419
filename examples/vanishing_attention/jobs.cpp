#include "jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "interrupt.hpp"
#include "progress.hpp"
#include "training.hpp"

namespace vanishing_attention {

namespace {

struct Job {
  const Recipe* recipe;
  std::uint64_t seed;
};

/// Seed by seed, so that an interrupted job has seen every variant as far as it got.
std::vector<Job> jobs_of(const Settings& settings) {
  std::vector<Job> jobs;
  for (int seed = 1; seed <= settings.seeds; ++seed)
    for (const std::string& variant : settings.variants)
      jobs.push_back({&recipe(variant), static_cast<std::uint64_t>(seed)});
  return jobs;
}

Run run_job(const Settings& settings, const Job& job, const Corpus& corpus, Progress& progress) {
  Run run = train(settings, *job.recipe, job.seed, corpus, [&](const Run& so_far, const StepMetrics& metrics) {
    progress.step(so_far.variant, so_far.seed, metrics);
    return !interrupted();
  });
  progress.skip(static_cast<std::size_t>(settings.steps) - run.steps.size());
  if (!run.error.empty())  // no failure of the job: the claims below judge whether this variant was to explode
    progress.say(fmt::format("{}, seed {}: training explodes and ends after {} steps: {}", run.variant, run.seed,
                             run.steps.size(), run.error));
  return run;
}

}  // namespace

std::vector<Run> train_all(const Settings& settings, const Corpus& corpus) {
  const std::vector<Job> jobs = jobs_of(settings);
  std::vector<Run> runs(jobs.size());
  Progress progress(jobs.size() * static_cast<std::size_t>(settings.steps), settings.quiet);
  const auto count = static_cast<int>(std::min(jobs.size(), static_cast<std::size_t>(settings.threads)));

  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    // Whole runs side by side use the cores better than the small products of one run; what is over, each run gets.
    ebb::set_threads(settings.threads / count);
    try {
      for (std::size_t i; !interrupted() && (i = next++) < jobs.size();)
        runs[i] = run_job(settings, jobs[i], corpus, progress);
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
      next = jobs.size();
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < count; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
  std::erase_if(runs, [](const Run& run) { return run.steps.empty() && run.error.empty(); });  // never begun
  return runs;
}

}  // namespace vanishing_attention
