#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct RunLogOptions {
  std::optional<Index> first_step = {};  ///< Goes on with the log in the folder, and drops what it has of this step and
                                         ///< of later ones: of a training that was resumed. 0 starts anew.
  bool tensorboard = false;              ///< Writes a file of events for TensorBoard, too.
};

/// Logs the numbers of a run, step by step, into a folder: metrics.csv, a column for each number, and metrics.jsonl, a
/// JSON object for each step; if asked to, a file of events for TensorBoard, too. Each step is in the files as soon as
/// it is logged, so that a run that is killed leaves what it had.
///
///     ebb::nn::RunLog log("runs/first", {.first_step = step});
///     log.write(step, {{"loss", loss.item()}, {"gradient norm", report.norm_before}});
///
/// In Python, pandas.read_csv("metrics.csv") reads it, or pandas.read_json("metrics.jsonl", lines=True).
class RunLog {
 public:
  using Numbers = std::vector<std::pair<std::string, double>>;

  /// Makes the folder if there is none. Throws Error if there is a log and no first step is given, and changes nothing
  /// then; and if a file cannot be opened, or holds what no RunLog wrote.
  explicit RunLog(const std::string& folder, RunLogOptions options = {});
  RunLog(RunLog&&) noexcept;
  RunLog& operator=(RunLog&&) noexcept;
  ~RunLog();

  /// Throws Error unless there is a number, the names are those of the first step, in the same order, and the step is
  /// later than the last; and if the numbers cannot be written.
  void write(Index step, const Numbers& numbers);

 private:
  class Files;
  std::unique_ptr<Files> files_;
};

}  // namespace nn
}  // namespace ebb
