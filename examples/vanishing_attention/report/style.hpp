#pragma once

#include <string>
#include <vector>

#include "../experiment/variants.hpp"

namespace vanishing_attention {

/// The looks of a variant's line, the same in every picture. A variant that differs from its base by clipping alone has
/// the base's colour, but another dash and another marker.
struct LineStyle {
  std::string colour, dark_colour;  ///< On a white and on a dark background.
  int dash = 0;                     ///< 0 solid, 1 dashed, 2 dotted, 3 dash-dotted.
};

/// Returns one style for each variant, in their order. The colours are those of Okabe and Ito, which colour-blind
/// readers can tell apart.
std::vector<LineStyle> line_styles(const std::vector<Variant>& variants);

}  // namespace vanishing_attention
