#pragma once

#include <functional>

#include "corpus.hpp"
#include "recipe.hpp"
#include "results.hpp"

namespace vanishing_attention {

/// Called after each step of a run; a run ends early when it returns false.
using OnStep = std::function<bool(const Run& run, const StepMetrics& metrics)>;

/// Trains one variant from one seed. What it finds depends on the settings, the recipe and the seed alone. A gradient
/// that is not finite ends the run; `error` then says where.
Run train(const Settings& settings, const Recipe& recipe, std::uint64_t seed, const Corpus& corpus,
          const OnStep& on_step);

/// How many numbers the model of these settings learns.
std::size_t parameter_count(const Settings& settings, const Recipe& recipe, const Corpus& corpus);

}  // namespace vanishing_attention
