#pragma once

#include <optional>

#include "pictures.hpp"

namespace vanishing_attention {

/// Draws the attention maps of head 0: a row for each variant (clipping aside), a column for each of up to four blocks.
/// Returns nothing if there are no maps.
std::optional<Picture> attention_picture(const Results& results);

}  // namespace vanishing_attention
