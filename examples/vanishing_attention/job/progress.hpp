#pragma once

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "../experiment/results.hpp"

namespace vanishing_attention {

/// The state of training after one more step of some run.
struct ProgressState {
  std::size_t done = 0, total = 0;  ///< Steps of all runs together.
  double seconds = 0;               ///< Since the start.
  std::string run;                  ///< "pre-norm, seed 1"
  double loss = not_measured, gradient_norm = not_measured;
};

/// Returns a bar, the percentage, the time left, the run, its loss and its gradient norm as one line of at most
/// `columns` columns. Parts that do not fit are left out.
std::string progress_line(const ProgressState& state, int columns);

/// Shows how far training got: on a terminal as one line that is redrawn, elsewhere as a new line at the first step and
/// after each twentieth of all steps. Any thread may call it.
class Progress {
 public:
  /// `total` is the number of steps of all runs together. Shows nothing if `quiet`.
  Progress(std::size_t total, bool quiet, std::FILE* out = stderr);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Notes one step of a run.
  void step(const std::string& variant, std::uint64_t seed, const StepMetrics& metrics);
  /// Notes that a run ended early, so that this many of its steps will not come.
  void skip(std::size_t steps);
  /// Prints a line of its own, above the bar.
  void say(const std::string& line);

 private:
  enum class Style { quiet, lines, redrawn };
  void update();
  void redraw();
  void erase();

  std::mutex mutex_;
  std::FILE* out_;
  Style style_;
  std::chrono::steady_clock::time_point start_, shown_;
  ProgressState state_;
  std::size_t twentieths_ = 0;
  bool drawn_ = false;
};

}  // namespace vanishing_attention
