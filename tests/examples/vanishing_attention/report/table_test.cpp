#include <report/gnuplot.hpp>
#include <report/table.hpp>
#include <report/text.hpp>
#include <sstream>

#include "../environment.hpp"
#include "../synthetic_results.hpp"
#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

void check_lines_fit(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(display_columns(line) <= 80);
  }
}

}  // namespace

TEST_CASE("the closing table fits 80 columns and has a line for each variant, the baselines and the verdicts") {
  Results results = synthetic_results();
  results = diverged(results, "residual");
  results.runs[1].finished = false;
  results.variants[2].name = "a-name-that-is-longer-than-its-column";
  const std::string table = closing_table(results, false);
  check_lines_fit(table);
  CHECK(contains(table, "\npre-norm "));
  CHECK(contains(table, "7.1e-11"));
  CHECK(contains(table, "4.460"));
  CHECK(contains(table, "\nPASS 1. "));
  CHECK(contains(table, "\nFAIL 3. "));
  CHECK(contains(table, "bare: interrupted in 1 of 2 runs"));
  CHECK_FALSE(contains(table, "\033"));
  CHECK(contains(closing_table(results, true), "\033[1;31mFAIL\033[0m"));
}

TEST_CASE("a variant that diverged has no losses in the table, and its error is told once") {
  const std::string table = closing_table(diverged(synthetic_results(), "residual"), false);
  CHECK(contains(table, "\nresidual              diverged, step 12–13      "));
  CHECK(contains(table, "\nresidual: diverged in 2 of 2 runs, at step 12–13: the gradient of parameter\n"));
  CHECK_FALSE(contains(table, "14312"));
  check_lines_fit(table);
}

TEST_CASE("the columns of the closing table stay apart, whatever the numbers, and within 80 columns") {
  for (const double size : {1.0, 123.0, 650.0, 9e4, 1e12, 1e300}) {
    Results results = synthetic_results();
    results.variants[2].name = "a-name-that-is-longer-than-its-column";
    double factor = 1;
    for (Run& run : results.runs) {
      factor = 1.3 - factor / 2;
      run.variant = run.variant == find_variant("residual").name ? results.variants[2].name : run.variant;
      run.tokens_per_second = 12345678;
      for (StepMetrics& s : run.steps) s.train_loss = s.held_out_loss = size * factor;
    }
    const std::string table = closing_table(results, false);
    CAPTURE(table);
    check_lines_fit(table.substr(0, table.find("entropy")));
    std::istringstream bare(table.substr(table.find("\nbare ")));
    std::string name, train, held_out, start, end, clipped, percent, tokens;
    bare >> name >> train >> held_out >> start >> end >> clipped >> percent >> tokens;
    CHECK(train == held_out);
    CHECK(contains(train, "±"));
    CHECK(tokens == "12345678");
  }
}

TEST_CASE("the closing table of nothing still says what there is to compare with") {
  CHECK(contains(closing_table(Results{}, false), "bigram entropy"));
}

TEST_CASE("the closing chart fits 80 columns, and says how to get it where gnuplot is missing") {
  const Results results = synthetic_results();
  const std::string chart = closing_chart(results);
  check_lines_fit(chart);
  if (run_gnuplot("")) {
    CHECK(contains(chart, "d pre-norm"));
    // Its clipped variants stand in for one that diverged.
    const std::string rescued = closing_chart(diverged(results, "residual"));
    CHECK(contains(rescued, "e residual-clip-norm"));
    check_lines_fit(rescued);
  }
  const Environment no_programs("PATH", "/nowhere");
  CHECK(contains(closing_chart(results), "apt-get install gnuplot-nox"));
  CHECK(contains(closing_chart(Results{}), "no held-out loss"));
}
