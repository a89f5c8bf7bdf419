#include "train_all.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ebb/nn/progress.hpp>
#include <ebb/ops/threads.hpp>
#include <exception>
#include <mutex>
#include <thread>

#include "../experiment/train.hpp"
#include "interrupt.hpp"

namespace vanishing_attention {

namespace {

/// A run that is still to be trained.
struct Planned {
  const Variant* variant;
  std::uint64_t seed;
};

/// Returns the runs seed by seed, so that an interrupted job has trained every variant equally far.
std::vector<Planned> all_runs(const Settings& settings) {
  std::vector<Planned> plan;
  for (int seed = 1; seed <= settings.seeds; ++seed)
    for (const std::string& name : settings.variants)
      plan.push_back({&find_variant(name), static_cast<std::uint64_t>(seed)});
  return plan;
}

Run train_planned(const Settings& settings, const Planned& planned, const Corpus& corpus, ebb::nn::Progress& progress) {
  Run run = train(settings, *planned.variant, planned.seed, corpus, [&](const Run& so_far) {
    const StepMetrics& last = so_far.steps.back();
    progress.step({fmt::format("{}, seed {}", so_far.variant, so_far.seed), fmt::format("loss {:.3f}", last.train_loss),
                   fmt::format("|g| {:.1e}", last.gradient_norm)});
    return !interrupted();
  });
  progress.skip(settings.steps - static_cast<ebb::Index>(run.steps.size()));
  if (!run.error.empty())  // no failure of the program: a claim says which variants are to explode
    progress.say(fmt::format("{}, seed {}: training explodes and ends after {} steps: {}", run.variant, run.seed,
                             run.steps.size(), run.error));
  return run;
}

}  // namespace

std::vector<Run> train_all(const Settings& settings, const Corpus& corpus) {
  const std::vector<Planned> plan = all_runs(settings);
  std::vector<Run> runs(plan.size());
  ebb::nn::Progress progress(static_cast<ebb::Index>(plan.size()) * settings.steps, {.quiet = settings.quiet});
  const auto worker_count = static_cast<int>(std::min(plan.size(), static_cast<std::size_t>(settings.threads)));

  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    // Whole runs side by side use the cores better than the small matrix products of one run. Threads beyond the number
    // of runs are shared out among the runs.
    ebb::set_threads(settings.threads / worker_count);
    try {
      for (std::size_t i; !interrupted() && (i = next++) < plan.size();)
        runs[i] = train_planned(settings, plan[i], corpus, progress);
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
      next = plan.size();
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < worker_count; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
  std::erase_if(runs, [](const Run& run) { return run.steps.empty() && run.error.empty(); });  // never started
  return runs;
}

}  // namespace vanishing_attention
