#include <experiment/claims.hpp>

#include <functional>
#include <set>

#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

constexpr double unigram = 4.5, bigram = 3.5;
constexpr int depth = 12, steps = 10;

void set_ratio(Run& run, int step, double ratio) {
  for (LayerGradient& g : run.gradients)
    if (g.step == step && g.layer == 0) g.gradient_norm = ratio * 0.25;
}

/// A run that bears out every claim, if its ratios and its loss are right.
Run good_run(const std::string& variant, std::uint64_t seed, double ratio_start, double ratio_end, double loss) {
  Run run;
  run.variant = variant;
  run.seed = seed;
  run.finished = true;
  for (const int step : {0, steps - 1})
    for (const int layer : {0, depth - 1}) run.gradients.push_back({step, layer, "block input", 0.25, 1, not_measured});
  set_ratio(run, 0, ratio_start);
  set_ratio(run, steps - 1, ratio_end);
  const bool clips = contains(variant, "clip");
  for (int step = 0; step < steps; ++step)
    run.steps.push_back({.step = step, .train_loss = loss, .clipped = clips && step < 6});
  run.steps.front().held_out_loss = 6;
  run.steps.back().held_out_loss = loss;
  if (contains(variant, "clip-norm")) run.clipping = {{0, true, 1e-7, 0, 1 - 1e-8}, {9, true, 2e-7, 0, 1}};
  if (contains(variant, "clip-value")) run.clipping = {{0, true, 0.5, 0, 0.7}, {9, true, 0.1, 0, 0.999}};
  return run;
}

Results good_results() {
  Results results;
  results.settings.depth = depth;
  results.settings.steps = steps;
  results.baselines = {unigram, bigram};
  for (const std::uint64_t seed : {1U, 2U}) {
    results.runs.push_back(good_run("bare", seed, 1e-11, 1e-9, 4.45));
    results.runs.push_back(good_run("residual", seed, 3, 3, 9));
    results.runs.push_back(good_run("norm", seed, 0.3, 1e-8, 4.5));
    results.runs.push_back(good_run("pre-norm", seed, 1.2, 2, 3.2));
    results.runs.push_back(good_run("post-norm", seed, 0.7, 1e-5, 4.6));
    results.runs.push_back(good_run("bare+clip-norm", seed, 1e-11, 1e-10, 4.45));
    results.runs.push_back(good_run("bare+clip-value", seed, 1e-11, 1e-10, 4.55));
    results.runs.push_back(good_run("residual+clip-norm", seed, 3, 3, 3.4));
    results.runs.push_back(good_run("residual+clip-value", seed, 3, 3, 3.3));
  }
  for (Run& run : results.runs)
    if (run.variant == "residual") {
      run.finished = false;
      run.error = "the gradient of parameter 'head.weight' is not finite";
    }
  return results;
}

/// The claims that do not hold.
std::set<std::string> failing(const Results& results) {
  std::set<std::string> claims;
  for (const Verdict& verdict : judge(results))
    if (!verdict.holds) claims.insert(verdict.claim);
  return claims;
}

/// Returns the claims that do not hold once the second seed's run of a variant is damaged: one bad seed is enough.
std::set<std::string> failing_after(const std::string& variant, const std::function<void(Run&)>& damage) {
  Results results = good_results();
  for (Run& run : results.runs)
    if (run.variant == variant && run.seed == 2) damage(run);
  return failing(results);
}

/// Checks that as many claims failed as there are parts, and that each part is in the name of exactly one.
void check_failing(const std::set<std::string>& got, const std::vector<std::string>& parts) {
  CHECK(got.size() == parts.size());
  for (const std::string& part : parts) {
    CAPTURE(part);
    int matches = 0;
    for (const std::string& claim : got) matches += contains(claim, part);
    CHECK(matches == 1);
  }
}

const std::string at_start = "at the start of training", at_end = "at the end of training";
const std::vector<const char*> clips_by_norm{"bare+clip-norm", "residual+clip-norm"},
    clips_by_value{"bare+clip-value", "residual+clip-value"};

}  // namespace

TEST_CASE("every claim holds on good numbers, and none is made twice") {
  const std::vector<Verdict> verdicts = judge(good_results());
  CHECK(verdicts.size() == 16);
  std::set<std::string> claims;
  for (const Verdict& verdict : verdicts) {
    CAPTURE(verdict.claim);
    CAPTURE(verdict.observed);
    CHECK(verdict.holds);
    CHECK(claims.insert(verdict.claim).second);
    CHECK_FALSE(verdict.expected.empty());
    CHECK_FALSE(verdict.observed.empty());
  }
}

TEST_CASE("a ratio of gradients on the wrong side fails the claim about it") {
  const auto at = [](int step, double ratio) { return [=](Run& run) { set_ratio(run, step, ratio); }; };
  check_failing(failing_after("bare", at(0, 0.002)),
                {"bare: the gradient has vanished at the first block, " + at_start});
  for (const double ratio : {0.09, 11.0}) {
    CAPTURE(ratio);
    for (const char* variant : {"norm", "pre-norm", "post-norm"})
      check_failing(failing_after(variant, at(0, ratio)), {"is of the last one's size, " + at_start});
    check_failing(failing_after("pre-norm", at(steps - 1, ratio)), {"is of the last one's size, " + at_end});
  }
  for (const char* variant : {"norm", "post-norm", "bare+clip-norm", "bare+clip-value"})
    check_failing(failing_after(variant, at(steps - 1, 0.002)), {"has vanished at the first block, " + at_end});
}

TEST_CASE("where norms make the gradient vanish by the end, it is in most runs of each variant") {
  Results results = good_results();
  for (const Run& run : good_results().runs)
    if (run.seed == 1) results.runs.push_back(run), results.runs.back().seed = 3;
  const auto damaged_in = [&](std::uint64_t seed) {
    for (Run& run : results.runs)
      if (run.variant == "post-norm" && static_cast<std::uint64_t>(run.seed) == seed) set_ratio(run, steps - 1, 0.02);
    return failing(results);
  };
  check_failing(damaged_in(2), {});
  check_failing(damaged_in(3), {"norm, post-norm: the gradient has vanished at the first block, " + at_end});
}

TEST_CASE("a loss on the wrong side fails the claim about it") {
  const auto end_at = [](double loss) { return [=](Run& run) { run.steps.back().held_out_loss = loss; }; };
  for (const char* variant : {"bare", "norm", "post-norm", "bare+clip-norm", "bare+clip-value"})
    for (const double loss : {unigram * 0.94, unigram * 1.06}) {
      CAPTURE(loss);
      check_failing(failing_after(variant, end_at(loss)), {"no further than the unigram entropy"});
    }
  for (const char* variant : {"pre-norm", "residual+clip-norm", "residual+clip-value"})
    check_failing(failing_after(variant, end_at(bigram + 0.01)), {"beats the bigram entropy"});
}

TEST_CASE("clipping that bites too rarely, or does something else than claimed, fails the claim about it") {
  const auto rarely = [](Run& run) { run.steps[0].clipped = false; };  // five of ten are not more than half
  for (const char* variant : clips_by_norm) {
    check_failing(failing_after(variant, rarely), {"the threshold bites"});
    check_failing(failing_after(variant, [](Run& run) { run.clipping[1].ratio_change = 1e-4; }), {"leaves all ratios"});
  }
  for (const char* variant : clips_by_value) {
    check_failing(failing_after(variant, rarely), {"the threshold bites"});
    check_failing(failing_after(variant, [](Run& run) { run.clipping[1].largest_growth = 1e-9; }),
                  {"makes no element of a gradient larger"});
    check_failing(failing_after(variant, [](Run& run) { run.clipping[0].cosine = run.clipping[1].cosine = 1; }),
                  {"turns the direction"});
  }
}

TEST_CASE("steps that clipping left alone do not count, and without any other there is nothing to claim") {
  const auto unchanged = [](Run& run) { run.clipping.push_back({5, false, 1, 1, 1}); };
  const auto nothing = [](Run& run) { run.clipping.clear(); };
  check_failing(failing_after("bare+clip-norm", unchanged), {});
  check_failing(failing_after("bare+clip-norm", nothing), {"leaves all ratios"});
  check_failing(failing_after("bare+clip-value", unchanged), {});
  check_failing(failing_after("bare+clip-value", nothing), {"makes no element", "turns the direction"});
}

TEST_CASE("a residual stack that does not explode fails the claim that it does") {
  const auto survives = [](Run& run) {
    run.finished = true;
    run.error.clear();
  };
  check_failing(failing_after("residual", survives), {"training explodes"});
  check_failing(failing_after("residual", [](Run& run) { run.error.clear(); }), {"training explodes"});  // interrupted
}

TEST_CASE("what was not measured never passes") {
  Results results = good_results();
  for (Run& run : results.runs) {
    for (LayerGradient& g : run.gradients) g.gradient_norm = not_measured;
    for (StepMetrics& s : run.steps) s.held_out_loss = not_measured;
    for (ClippingEffect& e : run.clipping) e.ratio_change = e.largest_growth = e.cosine = not_measured;
  }
  for (const Verdict& verdict : judge(results)) {
    CAPTURE(verdict.claim);
    // Those two count steps and errors.
    const bool counts = contains(verdict.claim, "the threshold bites") || contains(verdict.claim, "training explodes");
    CHECK(verdict.holds == counts);
    CHECK(contains(verdict.observed, "not measured") == !counts);
  }
}

TEST_CASE("one number that was not measured fails its claim, whatever the others are") {
  check_failing(failing_after("pre-norm", [](Run& run) { run.steps.back().held_out_loss = not_measured; }),
                {"beats the bigram entropy"});
  check_failing(failing_after("bare", [](Run& run) { set_ratio(run, 0, not_measured); }),
                {"the gradient has vanished"});
  for (const std::size_t which : {0u, 1u}) {
    CAPTURE(which);
    check_failing(failing_after("bare+clip-norm", [=](Run& run) { run.clipping[which].ratio_change = not_measured; }),
                  {"leaves all ratios"});
    check_failing(
        failing_after("bare+clip-value", [=](Run& run) { run.clipping[which].largest_growth = not_measured; }),
        {"makes no element"});
    check_failing(failing_after("bare+clip-value", [=](Run& run) { run.clipping[which].cosine = not_measured; }),
                  {"turns the direction"});
  }
  Results results = good_results();
  results.baselines = {};
  for (const Verdict& verdict : judge(results)) {
    CAPTURE(verdict.claim);
    CHECK(verdict.holds == !contains(verdict.claim, "entropy"));
  }
}

TEST_CASE("a gradient of zero is not of the last one's size, and two zeros tell nothing") {
  check_failing(failing_after("pre-norm", [](Run& run) { set_ratio(run, 0, 0); }), {at_start});
  const auto all_zero = [](Run& run) {
    for (LayerGradient& g : run.gradients) g.gradient_norm = 0;
  };
  check_failing(failing_after("bare", all_zero), {"bare: the gradient has vanished"});
}

TEST_CASE("a run that diverged bears out no claim about its end") {
  const auto stop = [](Run& run) {
    run.finished = false;
    run.error = "the gradient is not finite";
  };
  // Nor one about the end of training, which it has not seen.
  check_failing(failing_after("pre-norm", stop), {"pre-norm: beats the bigram entropy", at_end});
  check_failing(failing_after("residual+clip-norm", stop), {"beats the bigram entropy"});
  const auto at_once = [&](Run& run) {
    stop(run);
    run.steps.clear(), run.gradients.clear(), run.clipping.clear();
  };
  check_failing(failing_after("bare+clip-value", at_once),
                {"the threshold bites", "makes no element", "turns the direction", "has vanished", "unigram entropy"});
}

TEST_CASE("claims name the variants that were trained, and those about none of them are left out") {
  const auto keep = [](const std::set<std::string>& variants) {
    Results results = good_results();
    std::erase_if(results.runs, [&](const Run& run) { return !variants.contains(run.variant); });
    return judge(results);
  };
  CHECK(keep({}).empty());
  CHECK(keep({"bare"}).size() == 2);
  CHECK(keep({"pre-norm"}).size() == 3);
  CHECK(keep({"residual"}).size() == 1);
  CHECK(keep({"bare", "residual+clip-value"}).size() == 6);
  for (const Verdict& verdict : keep({"norm"})) CHECK(verdict.claim.starts_with("norm: "));
  CHECK(keep({"norm", "post-norm"})[0].claim.starts_with("norm, post-norm: "));
}
