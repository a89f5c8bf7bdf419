#pragma once

#include <string>

#include "../experiment/results.hpp"

namespace vanishing_attention {

/// Returns the table that is printed at the end, at most 80 columns wide: a line for each variant, the two baselines,
/// and the verdicts.
std::string closing_table(const Results& results, bool colour);

/// Draws the held-out losses by step with letters; without gnuplot, says in one line how to get it.
std::string closing_chart(const Results& results);

}  // namespace vanishing_attention
