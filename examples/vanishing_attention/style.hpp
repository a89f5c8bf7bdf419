#pragma once

#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// How a variant is drawn, the same in every picture: a variant that differs from its base by clipping alone has the
/// base's colour, another dash and another marker.
struct LineStyle {
  std::string colour, dark_colour;  // on a white and on a dark ground
  int dash = 0;                     // 0 solid, 1 dashed, 2 dotted, 3 dash-dotted
};

/// One for each variant, in their order. The colours are those of Okabe and Ito, which colour-blind readers tell apart.
std::vector<LineStyle> line_styles(const std::vector<Variant>& variants);

}  // namespace vanishing_attention
