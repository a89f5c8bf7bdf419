#pragma once

#include <string>
#include <utility>
#include <vector>

#include "summary.hpp"

namespace vanishing_attention {

/// One pair of axes with a curve for each variant, and a band from the lowest to the highest seed.
struct Panel {
  std::string title, x_label, y_label;
  std::vector<Curve> curves = {};                            // in the order of the variants; may be empty
  std::vector<std::pair<std::string, double>> levels = {};   // named horizontal lines
  double highest = std::numeric_limits<double>::infinity();  // the axis goes no further up
  bool logarithmic = false;
  bool markers = false;
};

struct PanelGrid {
  int columns = 1;
  std::vector<Variant> legend;
  bool same_y = false;  // one range for all panels of one quantity
};

/// Of the page in pixels, where it is 900 wide.
int panels_height(std::size_t panels, const PanelGrid& grid);

/// The panels row by row with one legend below, as a gnuplot script.
std::string panels_script(const std::vector<Panel>& panels, const PanelGrid& grid);

}  // namespace vanishing_attention
