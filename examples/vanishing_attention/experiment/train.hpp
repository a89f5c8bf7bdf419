#pragma once

#include <cstdint>
#include <functional>

#include "corpus.hpp"
#include "results.hpp"
#include "saved_training.hpp"

namespace vanishing_attention {

/// Called after each step with the run as far as it got; returns false to end the run there.
using OnStep = std::function<bool(const Run&)>;

/// Trains one variant from one seed. The numbers depend on the settings, the variant, the seed and the corpus alone. A
/// gradient that is not finite ends the run, and `Run::error` names its parameter.
/// Goes on where a file stands of a training that was to be saved there, and writes that file now and then, and where
/// `on_step` ends the run. Throws ebb::Error for a file that does not hold this training.
Run train(const Settings& settings, const Variant& variant, std::uint64_t seed, const Corpus& corpus,
          const OnStep& on_step, const SaveTo& save_to = {});

}  // namespace vanishing_attention
