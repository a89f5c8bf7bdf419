#pragma once

#include <string>

#include "results.hpp"

// The parts of the report page that are made of numbers: HTML, every text in it escaped.
namespace vanishing_attention {

std::string verdicts_html(const Results& results);
std::string variants_html(const Results& results);
std::string results_table_html(const Results& results);
/// A sentence for each variant, clipping aside: what reaches the first block, and how far the training came.
std::string findings_html(const Results& results);
/// First block over last, for each kind of weight.
std::string kinds_table_html(const Results& results);
/// Each clipped variant next to its base.
std::string clipping_table_html(const Results& results);
std::string explosion_html(const Results& results);
std::string settings_html(const Results& results);
/// Runs that did not finish; empty if all did.
std::string notice_html(const Results& results);

}  // namespace vanishing_attention
