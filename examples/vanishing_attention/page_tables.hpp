#pragma once

#include <string>

#include "summary.hpp"

// The page's tables and lists.
namespace vanishing_attention {

std::string verdicts_html(const Results& results);
/// What each variant is.
std::string variants_html(const Results& results);
std::string results_table_html(const Results& results);
/// First block over last, for each kind of weight.
std::string kinds_table_html(const Results& results);
/// Each clipped variant next to its base.
std::string clipping_table_html(const Results& results);
/// How far from even the attention is; empty if no maps were taken.
std::string attention_table_html(const Results& results);
std::string settings_html(const Results& results);

}  // namespace vanishing_attention
