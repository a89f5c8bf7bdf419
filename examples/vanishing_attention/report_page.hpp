#pragma once

#include <string>
#include <vector>

#include "pictures.hpp"

namespace vanishing_attention {

struct RenderedPicture {
  Picture picture;
  std::string svg, png;
};

/// What to tell a user whose machine lacks Chart.js.
constexpr const char* chart_js_missing = "Chart.js is not installed (Debian: apt-get install libjs-chart.js)";

/// The text of Chart.js, MIT licence, where Debian or npm puts it; empty if it is not there.
std::string find_chart_js();

/// One HTML page that needs nothing else, no network either. With an empty `chart_js` it shows the pictures in place of
/// the interactive charts.
std::string report_page(const Results& results, const std::vector<RenderedPicture>& pictures,
                        const std::string& chart_js);

}  // namespace vanishing_attention
