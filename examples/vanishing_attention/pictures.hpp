#pragma once

#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// A picture as a gnuplot script, but for the terminal that renders it.
struct Picture {
  std::string name;         // of the file, without its ending
  std::string description;  // for those who do not see it
  int width = 900, height = 420;
  std::string script = {};
};

/// Those that the results have data for: training curves, gradients by layer for block inputs and for each kind of
/// weight, attention maps.
std::vector<Picture> pictures(const Results& results);

/// Empty if there is no gnuplot.
std::string render_svg(const Picture& picture);
std::string render_png(const Picture& picture);

}  // namespace vanishing_attention
