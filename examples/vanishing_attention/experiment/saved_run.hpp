#pragma once

#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// A run as the fields of an ebb::nn::TrainingState. A table becomes a row of numbers, its lines one behind the other;
/// a list of texts becomes one text, and the lengths in it.
class SavedRun {
 public:
  SavedRun() = default;
  explicit SavedRun(const Run& run);

  /// Returns the run. Throws ebb::Error if these are not the fields of one.
  Run run() const;

  void visit_state(auto& field) {
    field("variant", variant_), field("seed", seed_), field("steps", steps_);
    field("gradients", gradients_), field("gradient_kinds", kinds_), field("clipping", clipping_);
    field("attention", attention_), field("attention_weights", weights_), field("attention_tokens", tokens_);
    field("seconds", seconds_), field("tokens_per_second", tokens_per_second_);
    field("finished", finished_), field("error", error_);
  }

 private:
  struct Texts {
    std::string joined;
    std::vector<double> lengths;

    void append(const std::string& text);
    std::vector<std::string> split() const;
    void visit_state(auto& field) { field("joined", joined), field("lengths", lengths); }
  };

  std::string variant_;
  std::uint64_t seed_ = 0;
  std::vector<double> steps_, gradients_, clipping_, attention_, weights_;
  Texts kinds_, tokens_;
  double seconds_ = 0, tokens_per_second_ = 0;
  bool finished_ = false;
  std::string error_;
};

}  // namespace vanishing_attention
