#include <report/pictures.hpp>

#include <doctest/doctest.h>

#include <report/gnuplot.hpp>
#include <report/style.hpp>
#include <set>

#include "../synthetic_results.hpp"

using namespace vanishing_attention;

TEST_CASE("every picture renders as SVG that loads nothing, and as PNG") {
  if (!run_gnuplot("")) return;
  for (const Picture& picture : pictures(ebb_test::synthetic_results())) {
    CAPTURE(picture.name);
    const std::string svg = render_svg(picture), png = render_png(picture);
    CHECK(svg.find("<svg") != std::string::npos);
    CHECK(svg.find("</svg>") != std::string::npos);
    CHECK(svg.find("href='http") == std::string::npos);
    CHECK(svg.find("residual") != std::string::npos);
    CHECK(png.substr(1, 3) == "PNG");
    CHECK(png.size() > 10000);
  }
}

TEST_CASE("a script that gnuplot refuses is an error with its words") {
  if (!run_gnuplot("")) return;
  CHECK_THROWS_WITH(run_gnuplot("plot nonsense\n"), doctest::Contains("undefined variable: nonsense"));
}

TEST_CASE("text cannot leave a gnuplot string") {
  CHECK(gnuplot_string("it's\n'!'") == "'it''s ''!'''");
  if (run_gnuplot(""))
    CHECK(run_gnuplot("set print '-'\nprint " + gnuplot_string("`date` 'x'\\n") + "\n") == "`date` 'x'\\n\n");
}

TEST_CASE("no two variants are drawn alike, and clipped ones have their base's colour") {
  const std::vector<Variant> variants = ebb_test::synthetic_results().variants;
  const std::vector<LineStyle> styles = line_styles(variants);
  std::set<std::pair<std::string, int>> seen;
  for (const LineStyle& s : styles) seen.insert({s.colour, s.dash});
  CHECK(seen.size() == variants.size());
  CHECK(styles[5].colour == styles[0].colour);
  CHECK(styles[7].colour == styles[1].colour);
}
