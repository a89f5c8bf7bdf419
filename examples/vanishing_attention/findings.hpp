#pragma once

#include <string>

#include "results.hpp"

// The page's sentences whose truth depends on the run, as HTML: each is chosen by the numbers that it tells.
namespace vanishing_attention {

/// The question of the page's title, answered in one paragraph.
std::string answer_html(const Results& results);
/// A sentence or two for each variant, clipping aside: what reaches the first block, and how far the training came.
std::string flow_html(const Results& results);
/// What the gradients of each kind of weight do over the blocks of a stack that vanishes.
std::string weights_html(const Results& results);
/// Where clipping helped, and where it did not.
std::string clipping_html(const Results& results);
std::string attention_html(const Results& results);
/// Says that the run was interrupted; empty if it was not.
std::string notice_html(const Results& results);

}  // namespace vanishing_attention
