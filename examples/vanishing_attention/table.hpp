#pragma once

#include <string>

#include "results.hpp"

namespace vanishing_attention {

/// What is printed at the end: one line for each variant, what needs no attention, and the verdicts. Fits 80 columns.
std::string closing_table(const Results& results, bool colour);

/// The held-out curves in characters, or one line saying how to get them.
std::string closing_chart(const Results& results);

}  // namespace vanishing_attention
