#pragma once

#include <string>

#include "summary.hpp"

// The tables and lists of the page, as HTML.
namespace vanishing_attention {

std::string verdicts_html(const Results& results);
/// Lists the variants with their descriptions.
std::string variants_html(const Results& results);
std::string results_table_html(const Results& results);
/// The gradient at the first block over that at the last, for each variant and kind of weight.
std::string kinds_table_html(const Results& results);
/// Compares each clipped variant with its base.
std::string clipping_table_html(const Results& results);
/// The largest share of an attention weight, for each variant and block; empty if there are no maps.
std::string attention_table_html(const Results& results);
std::string settings_html(const Results& results);

}  // namespace vanishing_attention
