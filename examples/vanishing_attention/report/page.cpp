#include "page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "findings.hpp"
#include "page_data.hpp"
#include "page_parts.hpp"
#include "page_tables.hpp"
#include "sentences.hpp"
#include "summary.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

using namespace fmt::literals;

constexpr const char* chart_js_paths[] = {
    "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/Chart.min.js",
    "/usr/share/nodejs/chart.js/dist/chart.min.js", "/usr/share/nodejs/chart.js/dist/chart.umd.js",
    "/usr/local/lib/node_modules/chart.js/dist/chart.umd.js"};

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

/// Returns a picture as a data URL. Pictures that stand in the page itself might use the same ids.
std::string figure(const std::vector<RenderedPicture>& pictures, const std::string& name) {
  const auto found = std::ranges::find(pictures, name, [](const RenderedPicture& r) { return r.picture.name; });
  if (found == pictures.end()) return fmt::format("<p class=\"note\">{}</p>\n", sentence::no_picture);
  return fmt::format("<figure><img alt=\"{}\" src=\"data:image/svg+xml;base64,{}\"></figure>\n",
                     escape_html(found->picture.description), base64(found->svg));
}

/// Returns the element in which the page's script draws a chart.
std::string chart_place(const std::string& id, const std::string& caption) {
  return fmt::format("<figure><div id=\"{}\"></div><noscript>{}</noscript><figcaption>{} {}</figcaption></figure>\n",
                     id, sentence::no_script, caption, sentence::use_of_charts);
}

/// Returns a script element. A "</" in the script is escaped, so that it cannot end the element.
std::string script_element(std::string text) {
  for (std::size_t found = 0; (found = text.find("</", found)) != std::string::npos; found += 3)
    text.replace(found, 2, "<\\/");
  return "<script>\n" + text + "\n</script>\n";
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
  std::string weights_chart;
  if (!weight_kinds(results).empty()) {
    weights_chart = chart("weights-chart", "weight_gradients_start", sentence::weights_chart);
    if (!interactive) weights_chart += figure(pictures, "weight_gradients_end");
  }
  const Settings& s = results.settings;
  return fmt::format(fmt::runtime(page_html), "css"_a = page_css, "depth"_a = s.depth, "heads"_a = s.heads,
                     "width"_a = s.width, "steps"_a = s.steps,
                     "seeds"_a = s.seeds == 1 ? "one seed" : fmt::format("{} seeds", s.seeds),
                     "text_name"_a = escape_html(results.text_name), "notice"_a = notice_html(results),
                     "answer"_a = answer_html(results), "verdicts"_a = verdicts_html(results),
                     "variants"_a = variants_html(results), "table"_a = results_table_html(results),
                     "curves_chart"_a = chart("curves-chart", "curves", sentence::curves_chart),
                     "inputs_chart"_a = chart("inputs-chart", "gradients", sentence::inputs_chart),
                     "flow"_a = flow_html(results), "weights_chart"_a = weights_chart,
                     "weights"_a = weights_html(results), "kinds_table"_a = kinds_table_html(results),
                     "clipping_table"_a = clipping_table_html(results), "clipping"_a = clipping_html(results),
                     "attention"_a = attention_html(results), "attention_table"_a = attention_table_html(results),
                     "settings"_a = settings_html(results), "data"_a = page_data(results),
                     "scripts"_a = (interactive ? script_element(chart_js) : "") + script_element(page_js));
}

}  // namespace vanishing_attention
