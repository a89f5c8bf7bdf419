#pragma once

#include <string>
#include <utility>
#include <vector>

#include "summary.hpp"

namespace vanishing_attention {

/// One pair of axes with a curve for each variant, and around each curve a band from the lowest to the highest seed.
struct Panel {
  std::string title, x_label, y_label;
  std::vector<Curve> curves = {};                            ///< In the order of the variants; a curve may be empty.
  std::vector<std::pair<std::string, double>> levels = {};   ///< Horizontal lines with their names.
  double highest = std::numeric_limits<double>::infinity();  ///< The upper bound of the y axis.
  bool logarithmic = false;
  bool markers = false;
};

struct PanelGrid {
  int columns = 1;
  std::vector<Variant> legend;
  bool same_y = false;  ///< One range for all panels with the same y label.
};

/// Returns the height of the picture in pixels, for a width of 900.
int panels_height(std::size_t panels, const PanelGrid& grid);

/// Returns a gnuplot script that draws the panels row by row, with one legend below.
std::string panels_script(const std::vector<Panel>& panels, const PanelGrid& grid);

}  // namespace vanishing_attention
