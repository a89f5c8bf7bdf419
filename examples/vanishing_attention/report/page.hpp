#pragma once

#include <string>
#include <vector>

#include "pictures.hpp"

namespace vanishing_attention {

struct RenderedPicture {
  Picture picture;
  std::string svg, png;
};

/// Says how to install Chart.js.
constexpr const char* chart_js_missing = "Chart.js is not installed (Debian: apt-get install libjs-chart.js)";

/// Returns the source of Chart.js (MIT licence) from the place where Debian or npm puts it; empty if it is not there.
std::string find_chart_js();

/// Returns the report as one HTML page that loads nothing, so that it opens offline. If `chart_js` is empty it shows
/// the pictures in place of the interactive charts.
std::string report_page(const Results& results, const std::vector<RenderedPicture>& pictures,
                        const std::string& chart_js);

}  // namespace vanishing_attention
