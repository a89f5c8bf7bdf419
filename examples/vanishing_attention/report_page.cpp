#include "report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ebb/autograd/base/error.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

#include "findings.hpp"
#include "page_data.hpp"
#include "page_parts.hpp"
#include "page_tables.hpp"
#include "summary.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

constexpr const char* chart_js_paths[] = {
    "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/Chart.min.js",
    "/usr/share/nodejs/chart.js/dist/chart.min.js", "/usr/share/nodejs/chart.js/dist/chart.umd.js",
    "/usr/local/lib/node_modules/chart.js/dist/chart.umd.js"};

/// The template with each {{name}} replaced; a name without a value is an error.
std::string filled(std::string_view page, const std::map<std::string, std::string>& values) {
  std::string html;
  for (std::size_t at = page.find("{{"); at != std::string_view::npos; at = page.find("{{")) {
    const std::size_t end = page.find("}}", at);
    const std::string name(page.substr(at + 2, end - at - 2));
    const auto value = values.find(name);
    if (value == values.end()) throw ebb::Error("the page's template asks for {{" + name + "}}, which nothing fills");
    html += page.substr(0, at);
    html += value->second;
    page.remove_prefix(end + 2);
  }
  return html += page;
}

std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

/// As an image of its own, so that the ids inside one picture cannot meet those of another.
std::string figure(const std::vector<RenderedPicture>& pictures, const std::string& name) {
  const auto found = std::ranges::find(pictures, name, [](const RenderedPicture& r) { return r.picture.name; });
  if (found == pictures.end())
    return "<p class=\"note\">There is no picture here: nothing was measured for it, or gnuplot is missing.</p>\n";
  return fmt::format("<figure><img alt=\"{}\" src=\"data:image/svg+xml;base64,{}\"></figure>\n",
                     escape_html(found->picture.description), base64(found->svg));
}

std::string chart_place(const std::string& id, const std::string& caption) {
  return fmt::format(
      "<figure><div id=\"{}\"></div><noscript>The charts need JavaScript; the same pictures lie beside this "
      "page as SVG and PNG.</noscript><figcaption>{}</figcaption></figure>\n",
      id, caption);
}

/// A script's text inside a script element.
std::string script_element(std::string text) {
  for (std::size_t at = 0; (at = text.find("</", at)) != std::string::npos; at += 3) text.replace(at, 2, "<\\/");
  return "<script>\n" + text + "\n</script>\n";
}

std::string seeds_text(const Settings& settings) {
  return settings.seeds == 1 ? "one seed" : fmt::format("{} seeds", settings.seeds);
}

}  // namespace

std::string find_chart_js() {
  for (const char* path : chart_js_paths) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!text.empty()) return text;
  }
  return "";
}

std::string report_page(const Results& results, const std::vector<RenderedPicture>& pictures,
                        const std::string& chart_js) {
  const bool interactive = !chart_js.empty();
  const auto chart = [&](const std::string& id, const std::string& picture, const std::string& caption) {
    return interactive ? chart_place(id, caption) : figure(pictures, picture);
  };
  const std::string by_hand = " Point at it for values; the buttons show and hide variants.";
  std::string weights_chart = "";
  if (!weight_kinds(results).empty()) {
    weights_chart =
        chart("weights-chart", "weight_gradients_start",
              "Norm of the weights’ gradients by block, logarithmic. Line: geometric mean over seeds." + by_hand);
    if (!interactive) weights_chart += figure(pictures, "weight_gradients_end");
  }
  const Settings& s = results.settings;
  return filled(
      page_html,
      {{"css", page_css},
       {"depth", std::to_string(s.depth)},
       {"heads", std::to_string(s.heads)},
       {"width", std::to_string(s.width)},
       {"steps", std::to_string(s.steps)},
       {"seeds", seeds_text(s)},
       {"text_name", escape_html(results.text_name)},
       {"notice", notice_html(results)},
       {"answer", answer_html(results)},
       {"verdicts", verdicts_html(results)},
       {"variants", variants_html(results)},
       {"table", results_table_html(results)},
       {"curves_chart", chart("curves-chart", "curves",
                              "Loss by step. Line: mean over seeds; band: lowest to highest seed." + by_hand)},
       {"inputs_chart",
        chart("inputs-chart", "gradients",
              "Norm of the loss’s gradient with respect to each block’s input, logarithmic; block 0 is next to the "
              "embedding. Line: geometric mean over seeds; band: lowest to highest. Exact zeros have no place on the "
              "axis." +
                  by_hand)},
       {"flow", flow_html(results)},
       {"weights_chart", weights_chart},
       {"weights", weights_html(results)},
       {"kinds_table", kinds_table_html(results)},
       {"clipping_table", clipping_table_html(results)},
       {"clipping", clipping_html(results)},
       {"attention", attention_html(results)},
       {"attention_table", attention_table_html(results)},
       {"settings", settings_html(results)},
       {"data", page_data(results)},
       {"scripts", (interactive ? script_element(chart_js) : "") + script_element(page_js)}});
}

}  // namespace vanishing_attention
