#pragma once

#include <chrono>
#include <ebb/nn/training_state.hpp>
#include <functional>
#include <string>

#include "model.hpp"
#include "saved_run.hpp"

namespace vanishing_attention {

/// Where a training is saved while it runs, and how often.
struct SaveTo {
  std::string file;  ///< Empty: it is not saved.
  /// Saved after the first step, and then whenever training has taken so many times as long as it took to save. So all
  /// savings but the first take 0.4 % of the time, whatever the size of the model and the speed of the disk. 0: after
  /// every step.
  int training_per_saving = 250;
  /// Told why, if the file cannot be written. The training goes on, and is saved no more.
  std::function<void(const std::string& why)> failed = [](const std::string&) {};
};

/// A training that is saved in a file while it runs, as an ebb::nn::TrainingState of "step", "run", "model" and
/// "optimizer", so that it can go on from there after the program was killed.
class SavedTraining {
 public:
  /// All but `to` must outlive this object.
  SavedTraining(SaveTo to, const Model& model, ebb::nn::Optimizer<float>& optimizer, Run& run);

  /// Sets the training to what the file holds, if there is one. Throws ebb::Error if that is another training.
  void resume();
  /// Saves the training, between two steps.
  void save();
  /// Saves it if that is due.
  void save_when_due();

 private:
  SaveTo to_;
  Run& run_;
  int step_ = 0;  // as it is in the file; so is saved_run_
  SavedRun saved_run_;
  ebb::nn::TrainingState state_;
  std::chrono::steady_clock::time_point due_;
};

/// Returns after how many steps the training in this file stands; 0 if there is no such file. Throws ebb::Error if it
/// is damaged.
int saved_steps(const std::string& file);

/// ebb::nn::resume for a file of one run. Its errors say what to do: without the file, the run begins anew.
bool resume_run(const std::string& file, ebb::nn::TrainingState& state);

}  // namespace vanishing_attention
