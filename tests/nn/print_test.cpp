// What a training reports, as text.
#include <sstream>

#include "support/parameters.hpp"
#include "support/written.hpp"

using namespace ebb_test;

TEST_CASE("a step of an optimizer prints what it did") {
  Parameter<double> w = scalar(1);
  nn::SGD<double> optimizer(w, {.lr = 0.5, .clip = nn::clip_by_norm(1)});
  set_gradient(w, 4);
  const nn::StepReport report = optimizer.step();
  CHECK(written(report) ==
        "step 1: learning rate 0.5, 1 parameters, gradient norm 4, clipped to 1 (100 % of the elements)");
  CHECK(written(nn::ClipReport{.norm_before = 0.5, .norm_after = 0.5}) == "gradient norm 0.5");
  CHECK(written(nn::clip_adaptively(0.01)) == "clipped adaptively, ratio 0.01, least norm 0.001");
  CHECK(written(nn::Clip{}) == "not clipped");
}

TEST_CASE("a step of LBFGS prints where it came") {
  CHECK(written(nn::LBFGSReport{2.5, 0.1, 1e-8, 12, 15, true, false}) ==
        "loss 2.5 to 0.1, gradient norm 1e-08, 12 iterations, 15 evaluations, converged");
  CHECK(contains(written(nn::LBFGSReport{.stalled = true}), "0 evaluations, stalled"));
}

TEST_CASE("a report of loading prints what was left out") {
  CHECK(written(nn::LoadReport{4, {"a", "b"}, {"c"}}) == "4 loaded; missing: a, b; unexpected: c");
  CHECK(written(nn::LoadReport{4, {}, {}}) == "4 loaded");
}

TEST_CASE("the rows of a gradient flow print, and the flow as its tables") {
  CHECK(written(nn::BlockFlow{"blocks.3", 8.5, 0.0125}) == "blocks.3: gradient 0.0125, activation 8.5");
  CHECK(written(nn::ParameterFlow{{0.5, 2, 0.25}, "head.weight"}) ==
        "head.weight: gradient 0.5, weight 2, update 0.25");
  CHECK(written(nn::KindFlow{{0.5, 2, 0.25}, 3, nn::ParameterKind::norm}) ==
        "norm of block 3: gradient 0.5, weight 2, update 0.25");
  CHECK(written(nn::KindFlow{{}, -1, nn::ParameterKind::bias}) ==
        "bias of what is outside blocks: gradient 0, weight 0, update 0");
  CHECK(written(nn::WeightFlow{1, 2, 3}) == "gradient 1, weight 2, update 3");
  CHECK(written(nn::ParameterKind::query_key) == "query/key");
  const Parameter<double> w = scalar(1);
  Tape<double> tape;
  const nn::GradientFlow<double> flow(tape, list_of({&w}));
  CHECK(written(flow) == flow.table());
}

TEST_CASE("a running mean prints, before its first number too") {
  nn::RunningMean mean;
  CHECK(written(mean) == "no numbers");
  mean.add(1), mean.add(0.5);
  CHECK(written(mean) == "0.75");
}
