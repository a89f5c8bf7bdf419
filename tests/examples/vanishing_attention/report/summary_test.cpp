#include <doctest/doctest.h>

#include <report/summary.hpp>
#include <report/text.hpp>

#include "../synthetic_results.hpp"

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
  CHECK(mean_gradient_ratio(results, "bare", block_input, Moment::start) == doctest::Approx(0.01));
  CHECK(mean_gradient_ratio(results, "bare", block_input, Moment::end) == doctest::Approx(5e-11));
  CHECK(std::isnan(mean_gradient_ratio(results, "bare", "bias", Moment::end)));
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

TEST_CASE("runs that diverged have no final loss and no end, and count apart") {
  const Results results = ebb_test::diverged(ebb_test::synthetic_results(), "residual");
  const VariantSummary s = summarise(results, results.variants[1]);
  CHECK(s.runs == 2);
  CHECK(s.diverged == 2);
  CHECK(s.diverged_first == 12);
  CHECK(s.diverged_last == 13);
  CHECK(s.train_loss.count == 0);
  CHECK(s.held_out_loss.count == 0);
  CHECK(std::isfinite(s.ratio_start));
  CHECK(std::isnan(s.ratio_end));
  CHECK(gradient_curve(results, "residual", block_input, Moment::end).x.empty());
  CHECK_FALSE(repeats_base(results, results.variants[7]));
  CHECK(repeats_base(results, results.variants[5]));
}

TEST_CASE("the largest share of an attention map is relative to looking at all the past alike") {
  CHECK(largest_share({0, 0, 2, {1, 0, 0.5, 0.5}, {}}) == doctest::Approx(1));
  CHECK(largest_share({0, 0, 2, {1, 0, 0.1F, 0.9F}, {}}) == doctest::Approx(1.8));
}

TEST_CASE("what became of a gradient, and of a loss") {
  CHECK(has_vanished(9e-4));
  CHECK_FALSE(has_vanished(1e-3));
  CHECK_FALSE(has_vanished(not_measured));
  CHECK(is_kept(0.1));
  CHECK(is_kept(10));
  CHECK_FALSE(is_kept(0.09));
  CHECK_FALSE(is_kept(not_measured));
  CHECK(is_near_unigram(4.199, {4, 3}));
  CHECK_FALSE(is_near_unigram(4.21, {4, 3}));
}

TEST_CASE("numbers as they are printed") {
  CHECK(power_text(2.1e-9) == "2.1·10⁻⁹");
  CHECK(power_text(12345) == "1.2·10⁴");
  CHECK(power_text(0.5) == "0.500");
  CHECK(power_text(not_measured) == "-");
  CHECK(steps_text(12, 15) == "12–15");
  CHECK(steps_text(12, 12) == "12");
  CHECK(loss_text(14312.7) == "1.4e+04");
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
