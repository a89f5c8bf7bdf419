#include "line_panels.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.hpp"
#include "style.hpp"

namespace vanishing_attention {

namespace {

constexpr double smallest = 1e-300;  // a logarithmic axis shows nothing below it, zero included
constexpr const char* dashes[] = {"solid", "(12,6)", "(3,4)", "(12,5,3,5)"};
constexpr int markers[] = {7, 8, 4, 2};  // disc, triangle, square, cross

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) { low = std::min(low, value), high = std::max(high, value); }
  void include(const Range& r) { low = std::min(low, r.low), high = std::max(high, r.high); }
  bool empty() const { return low > high; }
};

bool drawable(const Panel& panel, double value) {
  return std::isfinite(value) && (!panel.logarithmic || value > smallest);
}

Range x_range(const Panel& panel) {
  Range r;
  for (const Curve& c : panel.curves) {
    for (int x : c.x) r.include(x);
  }
  if (r.empty()) return {0, 1};
  return r.low == r.high ? Range{r.low - 0.5, r.high + 0.5} : r;
}

Range y_range(const Panel& panel) {
  Range r;
  for (const Curve& c : panel.curves) {
    for (const Spread& s : c.y) {
      for (double y : {s.mean, s.low, s.high}) {
        if (drawable(panel, y)) r.include(std::min(y, panel.highest));
      }
    }
  }
  for (const auto& [name, y] : panel.levels) {
    if (drawable(panel, y)) r.include(y);
  }
  return r;
}

/// Returns the range with a little room above and below; never an empty one.
Range padded(Range r, bool logarithmic) {
  if (r.empty()) return {0.1, 10};
  if (logarithmic) return {std::max(r.low / 3, smallest), r.high * 3};
  const double room = std::max(0.05 * (r.high - r.low), 0.05);
  return {r.low - room, r.high + room};
}

std::string data_block(const Panel& panel, const Curve& curve, const std::string& name) {
  const auto number = [&](double y) { return drawable(panel, y) ? fmt::format("{:.9g}", y) : std::string("NaN"); };
  std::string block = fmt::format("${} << END\n", name);
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    const Spread& s = curve.y[i];
    block += fmt::format("{} {} {} {}\n", curve.x[i], number(s.mean), number(s.low), number(s.high));
  }
  return block + "END\n";
}

bool has_points(const Panel& panel, const Curve& curve) {
  return std::ranges::any_of(curve.y, [&](const Spread& s) { return drawable(panel, s.mean); });
}

std::string line_options(const LineStyle& style, bool with_marker) {
  std::string options = fmt::format("lc rgb '{}' lw 1.6 dt {}", style.colour, dashes[style.dash]);
  if (with_marker) options += fmt::format(" pt {} ps 0.55", markers[style.dash]);
  return options;
}

std::string plot_command(const Panel& panel, std::size_t number, const std::vector<LineStyle>& styles) {
  std::vector<std::string> bands, lines;
  for (std::size_t i = 0; i < panel.curves.size(); ++i) {
    const Curve& curve = panel.curves[i];
    if (!has_points(panel, curve)) continue;
    const std::string block = fmt::format("$p{}c{}", number, i);
    const bool several_seeds = std::ranges::any_of(curve.y, [](const Spread& s) { return s.count > 1; });
    if (several_seeds) {
      bands.push_back(fmt::format("{} using 1:3:4 with filledcurves fs transparent solid 0.15 noborder fc rgb '{}'",
                                  block, styles[i].colour));
    }
    const bool marked = panel.markers || curve.x.size() == 1;
    lines.push_back(fmt::format("{} using 1:2 with {} {}", block, marked ? "linespoints" : "lines",
                                line_options(styles[i], marked)));
  }
  for (const auto& [name, y] : panel.levels) {
    if (drawable(panel, y)) lines.push_back(fmt::format("{} with lines lc rgb '#777777' lw 1.2 dt (2,4)", y));
  }
  bands.insert(bands.end(), lines.begin(), lines.end());
  if (bands.empty()) bands.push_back("NaN");
  std::string command = "plot ";
  for (std::size_t i = 0; i < bands.size(); ++i) command += (i ? ", \\\n  " : "") + bands[i] + " notitle";
  return command + "\n";
}

/// Returns the commands for the axes. The label of the y axis stands at a fixed distance from the left edge of the
/// cell, beside the numbers.
std::string axes(const Panel& panel, double left, const Range& x, const Range& y) {
  std::string s = fmt::format("set title {} offset 0,-0.5\nset xlabel {} offset 0,0.6\n", gnuplot_string(panel.title),
                              gnuplot_string(panel.x_label));
  s += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\nunset label\n", x.low, x.high, y.low, y.high);
  s += fmt::format("set label {} at screen {:.4f}, graph 0.5 center rotate\n", gnuplot_string(panel.y_label),
                   left + 14 / 900.0);
  s += panel.logarithmic ? fmt::format("set logscale y\nset format y '{}'\n", y.high < 100 * y.low ? "%.1e" : "1e%T")
                         : "unset logscale y\nset format y '%g'\n";
  for (const auto& [name, level] : panel.levels) {
    if (!drawable(panel, level)) continue;
    s +=
        fmt::format("set label {} at graph 1.015, first {} left tc rgb '#555555' front\n", gnuplot_string(name), level);
  }
  return s;
}

int legend_height(const PanelGrid& grid) { return 18 * ((static_cast<int>(grid.legend.size()) + 2) / 3) + 12; }

/// Returns the commands for an empty plot over the whole picture, which carries the legend.
std::string legend_script(const std::vector<Variant>& variants, const std::vector<LineStyle>& styles, bool marked) {
  std::string s =
      "set lmargin at screen 0\nset rmargin at screen 1\nset bmargin at screen 0\nset tmargin at screen 1\n"
      "unset border\nunset tics\nunset title\nunset xlabel\nunset ylabel\nunset label\nunset grid\nunset logscale y\n"
      "set xrange [0:1]\nset yrange [0:1]\n"
      "set key at screen 0.5, screen 0.015 center bottom horizontal Left reverse samplen 3 maxcols 3 width 2\nplot ";
  for (std::size_t i = 0; i < variants.size(); ++i) {
    s += fmt::format("{}NaN with {} {} title {}", i ? ", \\\n  " : "", marked ? "linespoints" : "lines",
                     line_options(styles[i], marked), gnuplot_string(variants[i].name));
  }
  return s + "\n";
}

}  // namespace

int panels_height(std::size_t panels, const PanelGrid& grid) {
  const int rows = (static_cast<int>(panels) + grid.columns - 1) / grid.columns;
  return 300 * rows + (rows == 1 ? 60 : 0) + legend_height(grid);
}

std::string panels_script(const std::vector<Panel>& panels, const PanelGrid& grid) {
  const std::vector<LineStyle> styles = line_styles(grid.legend);
  const int count = static_cast<int>(panels.size());
  const int rows = (count + grid.columns - 1) / grid.columns;
  const double height = panels_height(panels.size(), grid);
  const double bottom = legend_height(grid) / height;

  std::string script =
      "set multiplot\nset tics nomirror out\nset mytics 1\nset border 3 lc rgb '#444444'\nset grid y lc rgb '#e4e4e4' "
      "lw 0.7 dt "
      "solid\n"
      "unset key\n";
  const auto shared_range = [&](const Panel& like) {
    Range shared;
    for (const Panel& panel : panels)
      if (panel.y_label == like.y_label) shared.include(y_range(panel));
    return shared;
  };
  for (int i = 0; i < count; ++i) {
    const Panel& panel = panels[static_cast<std::size_t>(i)];
    const auto number = static_cast<std::size_t>(i);
    for (std::size_t c = 0; c < panel.curves.size(); ++c) {
      script += data_block(panel, panel.curves[c], fmt::format("p{}c{}", i, c));
    }
    const double cell_width = 1.0 / grid.columns, cell_height = (1 - bottom) / rows;
    const double left = cell_width * (i % grid.columns), top = 1 - cell_height * (i / grid.columns);
    script += fmt::format("set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n", left + 72 / 900.0,
                          left + cell_width - (panel.levels.empty() ? 12 : 58) / 900.0);
    script += fmt::format("set tmargin at screen {:.4f}\nset bmargin at screen {:.4f}\n", top - 32 / height,
                          top - cell_height + 50 / height);
    const Range y = padded(grid.same_y ? shared_range(panel) : y_range(panel), panel.logarithmic);
    script += axes(panel, left, x_range(panel), y) + plot_command(panel, number, styles);
  }
  const bool marked = std::ranges::any_of(panels, &Panel::markers);
  return script + legend_script(grid.legend, styles, marked) + "unset multiplot\n";
}

}  // namespace vanishing_attention
