#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// True if the stream is a terminal that can redraw what it shows.
bool is_terminal(std::FILE* stream);

/// How far a job has got.
struct ProgressState {
  Index done = 0, total = 0;        ///< Steps.
  Index done_before = 0;            ///< Those of them that an earlier run had done, which took none of this one's time.
  double seconds = 0;               ///< Since the start.
  std::vector<std::string> status;  ///< Whatever is to be seen beside: "loss 3.250".
};

/// A bar, the percentage, the time left and the status as one line of at most `columns` columns. Parts that do not fit
/// are left out.
std::string progress_line(const ProgressState& state, int columns);

struct ProgressOptions {
  Index done = 0;            ///< The steps that are done already, of a training that is resumed.
  bool quiet = false;        ///< Shows nothing.
  std::FILE* out = nullptr;  ///< The standard error stream unless given.
};

/// Shows how far a training has got: on a terminal as one line that is redrawn, elsewhere as a new line at the first
/// step and after each twentieth of all. Any thread may call it.
///
///     ebb::nn::Progress progress(steps);
///     for (ebb::Index step = 0; step < steps; ++step) {
///       const double loss = train_step(step);
///       progress.step({"loss " + std::to_string(loss)});
///     }
class Progress {
 public:
  /// Throws Error for a negative number of steps.
  explicit Progress(Index total, ProgressOptions options = {});
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Notes one step.
  void step(std::vector<std::string> status = {});
  /// Notes that this many steps will not come.
  void skip(Index steps);
  /// Prints a line of its own, above the bar.
  void say(const std::string& line);

 private:
  class Line;
  std::unique_ptr<Line> line_;
};

}  // namespace nn
}  // namespace ebb
