#include "train_all.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <ebb/autograd/base/error.hpp>
#include <ebb/nn/progress.hpp>
#include <ebb/ops/threads.hpp>
#include <exception>
#include <mutex>
#include <thread>

#include "../experiment/train.hpp"
#include "interrupt.hpp"

namespace vanishing_attention {

namespace {

/// A run of the job.
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

/// The number of runs that are trained at a time.
std::size_t worker_count(std::size_t runs, const Settings& settings) {
  return std::min(runs, static_cast<std::size_t>(settings.threads));
}

bool never_started(const Run& run) { return run.steps.empty() && run.error.empty(); }

Run train_planned(const Settings& settings, const Planned& planned, const Corpus& corpus,
                  const UnfinishedJob& unfinished, ebb::nn::Progress& progress) {
  const std::string name = fmt::format("{}, seed {}", planned.variant->name, planned.seed);
  SaveTo save_to = unfinished.save_to(planned.variant->name, planned.seed);
  save_to.failed = [&](const std::string& why) {
    progress.say(fmt::format("{}: cannot be resumed from here on: {}", name, why));
  };
  const auto on_step = [&](const Run& so_far) {
    const StepMetrics& last = so_far.steps.back();
    progress.step({name, fmt::format("loss {:.3f}", last.train_loss), fmt::format("|g| {:.1e}", last.gradient_norm)});
    return !interrupted();
  };
  Run run = train(settings, *planned.variant, planned.seed, corpus, on_step, save_to);
  progress.skip(settings.steps - static_cast<ebb::Index>(run.steps.size()));
  if (!run.error.empty())  // no failure of the program: a claim says which variants are to explode
    progress.say(fmt::format("{}: training explodes and ends after {} steps: {}", name, run.steps.size(), run.error));
  if (!run.finished && run.error.empty()) return run;
  try {
    unfinished.keep(run);
  } catch (const ebb::Error& error) {
    save_to.failed(error.what());
  }
  return run;
}

}  // namespace

std::vector<Run> train_all(const Settings& settings, const Corpus& corpus, const UnfinishedJob& unfinished) {
  const std::vector<Planned> plan = all_runs(settings);
  std::vector<Run> runs(plan.size());
  ebb::Index steps_done = 0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const std::string& name = plan[i].variant->name;
    if (std::optional<Run> ended = unfinished.ended(name, plan[i].seed)) runs[i] = std::move(*ended);
    steps_done += never_started(runs[i]) ? saved_steps(unfinished.save_to(name, plan[i].seed).file) : settings.steps;
  }
  ebb::nn::Progress progress(static_cast<ebb::Index>(plan.size()) * settings.steps,
                             {.done = steps_done, .quiet = settings.quiet});

  const std::size_t workers_in_all = worker_count(plan.size(), settings);
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    // Whole runs side by side use the cores better than the small matrix products of one run. Threads beyond the number
    // of runs are shared out among the runs.
    ebb::set_threads(settings.threads / static_cast<int>(workers_in_all));
    try {
      for (std::size_t i; !interrupted() && (i = next++) < plan.size();)
        if (never_started(runs[i])) runs[i] = train_planned(settings, plan[i], corpus, unfinished, progress);
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
      next = plan.size();
    }
  };
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < workers_in_all; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
  std::erase_if(runs, never_started);
  return runs;
}

double seconds_of(const std::vector<Run>& runs, const Settings& settings) {
  double seconds = 0;
  for (const Run& run : runs) seconds += run.seconds;
  return seconds / static_cast<double>(worker_count(std::max<std::size_t>(runs.size(), 1), settings));
}

}  // namespace vanishing_attention
