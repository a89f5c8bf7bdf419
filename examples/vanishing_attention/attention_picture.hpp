#pragma once

#include <optional>

#include "pictures.hpp"

namespace vanishing_attention {

/// Attention maps of head 0, rows of variants (clipping aside) by columns of blocks; nothing if no maps were taken.
std::optional<Picture> attention_picture(const Results& results);

}  // namespace vanishing_attention
