#pragma once

#include <string>
#include <vector>

#include "../experiment/results.hpp"

namespace vanishing_attention {

/// A picture as a gnuplot script without the choice of a terminal, so that it can be rendered in several formats.
struct Picture {
  std::string name;         ///< The name of its file, without the ending.
  std::string description;  ///< For those who do not see it.
  int width_px = 900, height_px = 420;
  std::string script = {};
};

/// Returns the pictures that the results have data for: training curves, gradients by layer for block inputs and for
/// each kind of weight, attention maps.
std::vector<Picture> pictures(const Results& results);

/// Renders a picture; empty if gnuplot is not installed.
std::string render_svg(const Picture& picture);
std::string render_png(const Picture& picture);

}  // namespace vanishing_attention
