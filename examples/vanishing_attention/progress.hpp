#pragma once

#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "results.hpp"

namespace vanishing_attention {

/// Where training stands, after one more step of some run.
struct ProgressState {
  std::size_t done = 0, total = 0;  // steps of all runs together
  double seconds = 0;               // since the start
  std::string run;                  // "pre-norm, seed 1"
  double loss = not_measured, gradient_norm = not_measured;
};

/// Bar, percent, time left, run, loss and gradient norm, in at most `width` columns; what does not fit is left out.
std::string progress_line(const ProgressState& state, int width);

/// Shows how far training got: on a terminal one line that is redrawn, elsewhere a line at the first step and for each
/// twentieth of the way, nothing if quiet. Any thread may call.
class Progress {
 public:
  /// `total` is the number of steps of all runs together.
  Progress(std::size_t total, bool quiet, std::FILE* out = stderr);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One step was made.
  void step(const std::string& variant, std::uint64_t seed, const StepMetrics& metrics);
  /// A run stopped early: so many of its steps will not come.
  void skip(std::size_t steps);
  /// A line of its own, above the bar.
  void say(const std::string& line);

 private:
  enum class Style { quiet, lines, redrawn };
  void show();
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
