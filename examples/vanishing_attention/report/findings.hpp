#pragma once

#include <string>

#include "../experiment/results.hpp"

// The parts of the page that the numbers decide: which sentences of page/sentences.txt it says, and about which
// variants. All are HTML.
namespace vanishing_attention {

/// Answers the question in the page's title, in one paragraph.
std::string answer_html(const Results& results);
/// Tells for each variant how much of the gradient reaches the first block, and how far the training came. Variants
/// that differ from another by clipping alone are left out.
std::string flow_html(const Results& results);
/// Explains the gradients of each kind of weight over the blocks of a stack whose gradient vanishes.
std::string weights_html(const Results& results);
/// Tells where clipping helped, and where it did not.
std::string clipping_html(const Results& results);
/// Explains the attention maps, and tells which stacks still tell positions apart.
std::string attention_html(const Results& results);
/// Says that the run was interrupted; empty if it was not.
std::string notice_html(const Results& results);

}  // namespace vanishing_attention
