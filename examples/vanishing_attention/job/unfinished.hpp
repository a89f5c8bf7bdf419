#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "../experiment/corpus.hpp"
#include "../experiment/results.hpp"
#include "../experiment/saved_training.hpp"

namespace vanishing_attention {

/// What is done of a job, in the folder `unfinished` of its `out` folder, until its results are written:
///
/// - job.json: the version of ebb, the settings as in run.json, and the fingerprint of the text;
/// - VARIANT-SEED.training.safetensors: a run under way, see SavedTraining;
/// - VARIANT-SEED.run.safetensors: a run that ended, see SavedRun.
///
/// Each file is written whole or not at all, so that the program may be killed at any time.
class UnfinishedJob {
 public:
  /// Keeps nothing.
  UnfinishedJob() = default;
  /// Makes the folder for a new job, or opens it for one that is resumed; keeps nothing if there is no `out` folder.
  /// Throws ebb::Error if the new job would put an end to an unfinished one, and if the text is not that of the job.
  /// `training_per_saving` is that of SaveTo.
  UnfinishedJob(const Settings& settings, const Corpus& corpus, int training_per_saving = SaveTo{}.training_per_saving);

  /// Where and how often a run under way is saved.
  SaveTo save_to(const std::string& variant, std::uint64_t seed) const;
  /// Keeps a run that ended, in place of its training. Throws ebb::Error if the file cannot be written.
  void keep(const Run& run) const;
  /// Returns the run that was kept, if there is one. Throws ebb::Error if its file is damaged.
  std::optional<Run> ended(const std::string& variant, std::uint64_t seed) const;
  /// Removes the folder, once the results are written.
  void remove() const;

 private:
  std::string run_file(const std::string& variant, std::uint64_t seed) const;

  std::filesystem::path folder_;  // empty: nothing is kept
  int training_per_saving_ = 0;
};

/// Reads the settings of the unfinished job in this folder, but for `out`, which is set to it, and `resume`, which is
/// true. Throws ebb::Error, which says what to do, if there is none, and if it is damaged or of another version of ebb.
Settings unfinished_settings(const std::string& out);

/// Returns those settings that the results depend on and that differ, as options: "--depth 3 (there 12)". A text is
/// known by its fingerprint, not by its path.
std::vector<std::string> differing_settings(const Settings& asked, const Settings& saved);

}  // namespace vanishing_attention
