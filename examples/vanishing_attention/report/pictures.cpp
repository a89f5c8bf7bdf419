#include "pictures.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "attention_picture.hpp"
#include "gnuplot.hpp"
#include "line_panels.hpp"
#include "sentences.hpp"
#include "style.hpp"
#include "summary.hpp"

namespace vanishing_attention {

namespace {

using namespace fmt::literals;

Panel curves_panel(const Results& results, const std::string& title,
                   Curve (*curve_of)(const Results&, const std::string&)) {
  Panel panel{.title = title, .x_label = "step", .y_label = "bits per character"};
  for (const Variant& v : results.variants) panel.curves.push_back(curve_of(results, v.name));
  panel.levels = {{"unigram", results.baselines.unigram}, {"bigram", results.baselines.bigram}};
  panel.highest = highest_shown_loss(results);
  return panel;
}

Panel gradient_panel(const Results& results, const std::string& title, const std::string& kind, Moment moment) {
  Panel panel{.title = title, .x_label = "block", .y_label = "gradient norm", .logarithmic = true, .markers = true};
  for (const Variant& v : results.variants) panel.curves.push_back(gradient_curve(results, v.name, kind, moment));
  return panel;
}

Picture panels_picture(const std::string& name, const std::string& description, const std::vector<Panel>& panels,
                       const PanelGrid& grid) {
  return {name, description, 900, panels_height(panels.size(), grid), panels_script(panels, grid)};
}

Picture training_curves(const Results& results) {
  return panels_picture("curves", sentence::curves_picture,
                        {curves_panel(results, "held-out loss", held_out_curve),
                         curves_panel(results, "training loss (running mean)", train_curve)},
                        {.columns = 2, .legend = results.variants, .same_y = true});
}

Picture input_gradients(const Results& results) {
  return panels_picture("gradients", sentence::gradients_picture,
                        {gradient_panel(results, "gradient at block inputs, start", block_input, Moment::start),
                         gradient_panel(results, "gradient at block inputs, end", block_input, Moment::end)},
                        {.columns = 2, .legend = results.variants, .same_y = true});
}

/// The three panels that tell most, at the width of a README.
Picture overview(const Results& results) {
  return panels_picture("overview", sentence::overview_picture,
                        {gradient_panel(results, "gradient, start of training", block_input, Moment::start),
                         gradient_panel(results, "gradient, end of training", block_input, Moment::end),
                         curves_panel(results, "held-out loss", held_out_curve)},
                        {.columns = 3, .legend = results.variants, .same_y = true});
}

Picture weight_gradients(const Results& results, const std::vector<std::string>& kinds, Moment moment) {
  std::vector<Panel> panels;
  for (const std::string& kind : kinds) {
    panels.push_back(gradient_panel(results, fmt::format("{}, {}", kind, name_of(moment)), kind, moment));
  }
  return panels_picture(fmt::format("weight_gradients_{}", name_of(moment)),
                        fmt::format(sentence::weights_picture, "moment"_a = name_of(moment)), panels,
                        {.columns = std::min(3, static_cast<int>(panels.size())), .legend = results.variants});
}

}  // namespace

std::vector<Picture> pictures(const Results& results) {
  std::vector<Picture> all;
  const auto has_steps = [](const Run& run) { return !run.steps.empty(); };
  const auto has_gradients = [](const Run& run) { return !run.gradients.empty(); };
  if (std::ranges::any_of(results.runs, has_steps)) all.push_back(training_curves(results));
  if (std::ranges::any_of(results.runs, has_gradients)) all.push_back(input_gradients(results));
  if (all.size() == 2) all.push_back(overview(results));
  const std::vector<std::string> kinds = weight_kinds(results);
  if (!kinds.empty()) {
    for (const Moment moment : moments) all.push_back(weight_gradients(results, kinds, moment));
  }
  if (auto maps = attention_picture(results)) all.push_back(*maps);
  return all;
}

std::string render_svg(const Picture& p) {
  const std::string terminal =
      fmt::format("set terminal svg size {},{} dynamic noenhanced font 'Helvetica,11' background '#ffffff' name '{}'\n",
                  p.width_px, p.height_px, p.name);
  std::string svg = run_gnuplot(terminal + p.script).value_or("");
  // Without this, browsers blur the few pixels of a map.
  const std::string image = "<image ", sharp = image + "style='image-rendering:pixelated' ";
  for (std::size_t found = 0; (found = svg.find(image, found)) != std::string::npos; found += sharp.size())
    svg.replace(found, image.size(), sharp);
  return svg;
}

std::string render_png(const Picture& p) {
  // The picture is twice as large as it is shown, for screens with many pixels to the inch.
  const std::string terminal =
      fmt::format("set terminal pngcairo size {},{} noenhanced fontscale 2 linewidth 2 pointscale 2 font 'Sans,9'\n",
                  2 * p.width_px, 2 * p.height_px);
  return run_gnuplot(terminal + p.script).value_or("");
}

}  // namespace vanishing_attention
