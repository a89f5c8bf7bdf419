#include "saved_training.hpp"

#include <ebb/autograd/base/error.hpp>
#include <ebb/autograd/files/safetensors.hpp>
#include <filesystem>

namespace vanishing_attention {

namespace nn = ebb::nn;
using Clock = std::chrono::steady_clock;

namespace {

/// Calls `read`, and has its errors say what to do.
auto with_advice(auto read) {
  try {
    return read();
  } catch (const ebb::Error& error) {
    throw ebb::Error(std::string(error.what()) + "; delete this file, and its run begins anew");
  }
}

}  // namespace

SavedTraining::SavedTraining(SaveTo to, const Model& model, nn::Optimizer<float>& optimizer, Run& run)
    : to_(std::move(to)), run_(run) {
  state_.add("step", step_);
  state_.add("run", saved_run_);
  state_.add("model", model);
  state_.add("optimizer", optimizer);
}

void SavedTraining::resume() {
  if (!to_.file.empty() && resume_run(to_.file, state_)) run_ = saved_run_.run();
}

void SavedTraining::save() {
  if (to_.file.empty()) return;
  const Clock::time_point start = Clock::now();
  try {
    step_ = static_cast<int>(run_.steps.size());
    saved_run_ = SavedRun(run_);
    nn::save(to_.file, state_);
  } catch (const ebb::Error& error) {
    to_.file.clear();
    to_.failed(error.what());
  }
  const Clock::time_point end = Clock::now();
  due_ = end + to_.training_per_saving * (end - start);
}

void SavedTraining::save_when_due() {
  if (Clock::now() >= due_) save();
}

int saved_steps(const std::string& file) {
  if (!std::filesystem::exists(file)) return 0;
  return with_advice([&] { return ebb::read_safetensors(file).read<std::int32_t>("step").item(); });
}

bool resume_run(const std::string& file, nn::TrainingState& state) {
  return with_advice([&] { return nn::resume(file, state); });
}

}  // namespace vanishing_attention
