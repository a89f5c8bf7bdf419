#include <report/page.hpp>

#include <nlohmann/json.hpp>
#include <regex>

#include "../synthetic_results.hpp"
#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

/// The page without its scripts and style.
std::string markup(std::string page) {
  for (const std::string tag : {"script", "style"}) {
    for (std::size_t at; (at = page.find("<" + tag)) != std::string::npos;) {
      page.erase(at, page.find("</" + tag + ">", at) + tag.size() + 3 - at);
    }
  }
  return page;
}

/// Returns the first tag that closes another than the last one opened, or one that stays open; empty if all tags match.
std::string unmatched_tag(const std::string& page) {
  const std::vector<std::string> single = {"meta", "img", "br", "input", "link"};
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*>");
  std::vector<std::string> open;
  for (std::sregex_iterator t(page.begin(), page.end(), tag), end; t != end; ++t) {
    const std::string name = (*t)[2];
    if (std::find(single.begin(), single.end(), name) != single.end()) continue;
    if ((*t)[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + ">";
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back();
}

const char* const some_library = "window.Chart = class {}; const s = '</script>';";

}  // namespace

TEST_CASE("the page is well formed, and loads nothing from anywhere") {
  const RenderedPicture picture{{.name = "curves", .description = "a \"curve\""}, "<svg>", "png"};
  for (const std::string library : {some_library, ""}) {
    const std::string page = report_page(synthetic_results(), {picture}, library);
    CHECK(unmatched_tag(markup(page)) == "");
    CHECK_FALSE(std::regex_search(page, std::regex("(src|href)=\"?'?(https?:)?//")));
    CHECK_FALSE(contains(page, "@import"));
    CHECK_FALSE(contains(page, "{{"));
  }
}

TEST_CASE("texts from the user cannot become markup or script") {
  const std::string page = report_page(synthetic_results(), {}, some_library);
  CHECK_FALSE(contains(page, "<script>alert(1)"));
  CHECK(contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  CHECK(contains(page, "residual &amp; &lt;b&gt;&quot;clipped&quot;&lt;/b&gt; by value"));
  CHECK_FALSE(contains(page, "<em>bare</em>"));
  CHECK(contains(page, "const s = '<\\/script>'"));
}

TEST_CASE("the page's data parse, and hold every variant, kind and map") {
  Results results = synthetic_results();
  results.variants[0].name = "</script><script>alert(2)</script>";
  const std::string page = report_page(results, {}, some_library);
  CHECK_FALSE(contains(page, "alert(2)</script>"));
  const std::string opening = "id=\"data\">";
  const std::size_t begin = page.find(opening) + opening.size();
  const auto data = nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  CHECK(data["variants"][0]["name"] == results.variants[0].name);
  CHECK(data["variants"].size() == 9);
  CHECK(data["kinds"].size() == 5);
  CHECK(data["gradients"]["block input"]["start"].size() == 9);
  CHECK(data["gradients"]["bias"]["end"][3]["mean"][0].is_null());  // zero: no place on a logarithmic axis
  CHECK(data["maps"].size() == 8 * 4 * 2);
}

TEST_CASE("without Chart.js the page shows the pictures, with it the charts") {
  const RenderedPicture picture{{.name = "curves", .description = "the curves"}, "<svg>", "png"};
  const std::string still = report_page(synthetic_results(), {picture}, "");
  CHECK(contains(still, "<img alt=\"the curves\" src=\"data:image/svg+xml;base64,PHN2Zz4=\">"));
  CHECK_FALSE(contains(still, "id=\"curves-chart\""));
  CHECK(contains(report_page(synthetic_results(), {picture}, some_library), "id=\"curves-chart\""));
}

TEST_CASE("the page's numbers come from the results") {
  Results results = synthetic_results();
  CHECK(contains(report_page(results, {}, ""),
                 "<strong>post-norm</strong>: at the start the first block gets 0.019 times the last one’s gradient"));
  results.interrupted = true;
  results.runs[0].finished = false;
  CHECK(contains(report_page(results, {}, ""), "The run was interrupted"));
}

TEST_CASE("the page opens with the answer, and shows the gradients before curves, table and verdicts") {
  const std::string page = report_page(synthetic_results(), {}, some_library);
  std::size_t last = 0;
  for (const char* part :
       {"class=\"answer\"", "id=\"inputs-chart\"", "id=\"curves-chart\"", "id=\"results-table\"", "class=\"verdicts\"",
        "id=\"weights-chart\"", "id=\"clipping-table\"", "id=\"attention-table\"", "id=\"settings\""}) {
    CAPTURE(part);
    const std::size_t at = page.find(part);
    REQUIRE(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("a variant that diverged is told as a finding, with its steps and without a loss") {
  const std::string page = report_page(diverged(synthetic_results(), "residual"), {}, "");
  CHECK(contains(page, "<strong>residual</strong> lets the gradient through too, but diverges after 12 to 13 steps"));
  CHECK(contains(page, "<td colspan=\"2\">diverged at step 12–13</td>"));
  CHECK(contains(page, "unclipped it diverges after 12 to 13 steps"));
  CHECK_FALSE(contains(page, "interrupted"));
}

TEST_CASE("sentences are chosen by the numbers") {
  Results results = synthetic_results();
  const std::string page = report_page(results, {}, "");
  CHECK(contains(
      page, "In <strong>bare</strong> and <strong>norm</strong> the gradient has vanished before training begins"));
  CHECK(contains(page, "<strong>pre-norm</strong>"));
  CHECK(contains(page, "Clipping cures nothing that has vanished"));
  CHECK(contains(page, "the signal shrinks on the way up, from 1.00 at"));
  CHECK(contains(page, "In <strong>bare</strong> at the start: about the same in every block"));
  CHECK(contains(page, "In <strong>bare</strong> at the start: falls towards the first block"));
  CHECK(contains(page, "In <strong>bare</strong> at the start: falls towards the last block"));
  CHECK_FALSE(contains(page, "diverges"));
  CHECK_FALSE(contains(page, "lost in training"));

  for (Run& run : results.runs) {
    std::erase_if(run.gradients, [](const LayerGradient& g) { return g.step > 0; });
    for (LayerGradient& g : run.gradients) g.gradient_norm = 1;
    for (AttentionMap& map : run.attention)
      for (std::size_t i = 0; i < map.weights.size(); ++i) {
        const std::size_t query = i / static_cast<std::size_t>(map.size), key = i % static_cast<std::size_t>(map.size);
        map.weights[i] = key <= query ? 1 / static_cast<float>(query + 1) : 0;
      }
    for (StepMetrics& s : run.steps) s.held_out_loss = results.baselines.unigram;
  }
  const std::string even = report_page(results, {}, "");
  CHECK(contains(even, "No stack of this run gets below the 3.41 bits of the bigram entropy"));
  CHECK(contains(even, "smooth fades"));
  CHECK_FALSE(contains(even, "still tell positions apart"));
  CHECK_FALSE(contains(even, "at the start: "));

  for (Run& run : results.runs) {
    if (run.variant != "post-norm") continue;
    for (LayerGradient g : std::vector<LayerGradient>(run.gradients)) {
      g.step = 299;
      g.gradient_norm = std::pow(0.1, results.settings.depth - g.layer);
      run.gradients.push_back(g);
    }
  }
  const std::string fading = report_page(results, {}, "");
  CHECK(contains(fading, "<strong>post-norm</strong> starts with a sound gradient and loses it in training"));
  CHECK(contains(fading, "Xiong et al."));
}
