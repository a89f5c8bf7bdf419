#pragma once

#include <string>

#include "../experiment/results.hpp"

namespace vanishing_attention {

/// Every step of every run, one line each. A field that was not measured is empty.
std::string metrics_csv(const Results& results);
/// The gradients of every layer and kind at the observed steps, one line each.
std::string gradients_csv(const Results& results);
/// Settings, versions, machine, a summary of each variant and run, and the verdicts. A number that was not measured is
/// null.
std::string run_json(const Results& results);

}  // namespace vanishing_attention
