#include <doctest/doctest.h>

#include <summary.hpp>
#include <text.hpp>

#include "synthetic_results.hpp"

using namespace vanishing_attention;

TEST_CASE("spread leaves out what was not measured, and has no deviation for one value") {
  const Spread s = spread({1, not_measured, 3});
  CHECK(s.count == 2);
  CHECK(s.mean == doctest::Approx(2));
  CHECK(s.deviation == doctest::Approx(std::sqrt(2)));
  CHECK(s.low == 1);
  CHECK(s.high == 3);
  CHECK(std::isnan(spread({5}).deviation));
  CHECK(std::isnan(spread({}).mean));
}

TEST_CASE("the mean of ratios is geometric, and one zero makes it zero") {
  CHECK(geometric_spread({1e-30, 1e-10}).mean == doctest::Approx(1e-20));
  CHECK(geometric_spread({0, 1}).mean == 0);
  CHECK(std::isnan(geometric_spread({not_measured}).mean));
}

TEST_CASE("the gradient's ratio is the first block's over the last block's, not over the output's") {
  Results results;
  results.settings.depth = 3;
  Run run;
  run.variant = "bare";
  for (const int step : {0, 9}) {
    for (int layer = 0; layer <= 3; ++layer) {
      run.gradients.push_back({step, layer, block_input, std::pow(10.0, layer + step), 1, 1});
    }
  }
  run.gradients.push_back({9, 0, "bias", 7, 1, 1});
  run.gradients[4].gradient_norm = 5;  // layer 0 at the end
  results.runs = {run};
  CHECK(gradient_ratio(results, "bare", block_input, Moment::start) == doctest::Approx(0.01));
  CHECK(gradient_ratio(results, "bare", block_input, Moment::end) == doctest::Approx(5e-11));
  CHECK(std::isnan(gradient_ratio(results, "bare", "bias", Moment::end)));
  CHECK(gradient_curve(results, "bare", block_input, Moment::start).x == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("a variant's summary: last tenth of training, last held-out loss, share of clipped steps") {
  Results results;
  results.variants = {{"a", ""}};
  Run run;
  run.variant = "a";
  for (int step = 0; step < 20; ++step) run.steps.push_back({step, 20.0 - step, not_measured, 1, 1, step < 5, 0});
  run.steps[10].held_out_loss = 3.5;
  results.runs = {run};
  const VariantSummary s = summarise(results).front();
  CHECK(s.train_loss.mean == doctest::Approx(1.5));
  CHECK(s.held_out_loss.mean == 3.5);
  CHECK(s.clipped_share == doctest::Approx(0.25));
  CHECK(s.runs == 1);
  CHECK(s.finished == 0);
}

TEST_CASE("numbers as they are printed") {
  CHECK(ratio_text(2.1e-9) == "2.1e-09");
  CHECK(ratio_text(0.5) == "0.500");
  CHECK(ratio_text(12.3) == "12.30");
  CHECK(ratio_text(12345) == "1.2e+04");
  CHECK(ratio_text(0) == "0");
  CHECK(ratio_text(not_measured) == "-");
  CHECK(loss_text(spread({2, 2})) == "2.000±0.000");
  CHECK(loss_text(spread({2})) == "2.000");
  CHECK(duration_text(187) == "3:07");
  CHECK(duration_text(3765) == "1:02:45");
  CHECK(fit("été", 5) == "été  ");
  CHECK(fit("étés", 3) == "ét…");
  CHECK(escape_html("<a href='x'>&\"\xff") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\xEF\xBF\xBD");
}
