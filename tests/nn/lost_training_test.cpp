// Trainings that would go wrong without a word: gradients that nobody uses or that go astray, steps that change
// nothing.
#include <limits>

#include "support/check.hpp"
#include "support/parameters.hpp"

using namespace ebb_test;
using ebb::nn::ParameterList;

TEST_CASE("a step without any gradient is refused, with what to look for") {
  Parameter<double> w = scalar(1), frozen = scalar(1);
  frozen.set_trainable(false);
  ebb::nn::SGD optimizer(list_of({&w, &frozen}), {.lr = 0.1});
  set_gradient(frozen, 1);
  CHECK_ERROR(optimizer.step(), "none of the 2 parameters is trainable and has a gradient; call backward() first");
  set_gradient(w, 1);
  CHECK(optimizer.step().step == 1);
}

TEST_CASE("the tenth step names a trainable parameter that no gradient has reached") {
  Parameter<double> w = scalar(1), forgotten = scalar(1, "forgotten");
  ebb::nn::SGD optimizer(list_of({&w, &forgotten}), {.lr = 0.1});
  for (int step = 1; step < 10; ++step) {
    set_gradient(w, 1);
    CHECK(optimizer.step().updated == 1);
  }
  set_gradient(w, 1);
  CHECK_ERROR(optimizer.step(), "'forgotten' is trainable, but has had no gradient in 10 steps",
              "set_trainable(false)");
  forgotten.set_trainable(false);
  CHECK(optimizer.step().step == 10);
}

TEST_CASE("after a gradient that is not finite, clear_gradients() lets the training go on") {
  Parameter<double> w = scalar(1);
  ebb::nn::SGD optimizer(list_of({&w}), {.lr = 0.1});
  set_gradient(w, std::numeric_limits<double>::quiet_NaN());
  CHECK_ERROR(optimizer.step(), "not finite", "call clear_gradients()");
  optimizer.clear_gradients();
  set_gradient(w, 1);
  optimizer.step();
  CHECK(w.value().item() == Approx(0.9));
}

TEST_CASE("a gradient for a parameter that no optimizer holds is refused where one holds others") {
  Parameter<double> held = scalar(2), forgotten = scalar(3, "forgotten");
  ebb::nn::SGD optimizer(list_of({&held}), {.lr = 0.1});
  const auto walk = [&](auto options) {
    ebb::Tape<double> tape;
    tape.backward(sum(held * forgotten), options);
  };
  CHECK_ERROR(walk(ebb::BackwardOptions<double>{}), "no optimizer holds parameter 'forgotten' of shape [1]",
              "visit function", "set_trainable(false)", "lost_training_test.cpp:");
  CHECK(!held.gradient().defined());
  const auto parameters = list_of({&held});
  walk(ebb::BackwardOptions<double>{.into = parameters});
  CHECK(held.gradient().item() == 3);
  CHECK(!forgotten.gradient().defined());
  held.clear_gradient();
  forgotten.set_trainable(false);
  walk(ebb::BackwardOptions<double>{});
  CHECK(held.gradient().item() == 3);
}

TEST_CASE("a gradient that another optimizer's step left behind is not added to") {
  Parameter<double> generator = scalar(2, "generator"), critic = scalar(3, "critic");
  const auto generators = list_of({&generator}), critics = list_of({&critic});
  ebb::nn::SGD generator_step(generators, {.lr = 0.1}), critic_step(critics, {.lr = 0.1});
  const auto walk = [&](ebb::BackwardOptions<double> options = {}) {
    ebb::Tape<double> tape;
    tape.backward(sum(generator * critic), options);
  };
  walk();
  generator_step.step();
  CHECK_ERROR(walk(), "'critic' still has the gradient of an earlier walk", "clear_gradients()", ".into = parameters");
  CHECK(!generator.gradient().defined());
  critic_step.step();  // the same walk's, which is what two optimizers of one loss do
  for (int round = 0; round < 2; ++round) {
    walk({.into = generators});
    generator_step.step();
    walk({.into = critics});
    walk({.into = critics});
    CHECK(critic.gradient().item() == Approx(2 * generator.value().item()));
    critic_step.step();
  }
}

TEST_CASE("optimizers that step at different times say that their gradients accumulate") {
  Parameter<double> often = scalar(2, "often"), seldom = scalar(3, "seldom");
  ebb::nn::SGD often_step(list_of({&often}), {.lr = 0.1}), seldom_step(list_of({&seldom}), {.lr = 0.1});
  double expected = 0;
  for (int batch = 0; batch < 4; ++batch) {
    ebb::Tape<double> tape;
    expected += often.value().item();
    tape.backward(sum(often * seldom), {.accumulate = true});
    often_step.step();
  }
  CHECK(seldom.gradient().item() == Approx(expected));
  CHECK(seldom_step.step().updated == 1);
}

TEST_CASE("a parameter is held as long as its optimizer lives, wherever that is moved") {
  Parameter<double> body = scalar(2, "body"), head = scalar(3, "head");
  const auto walk = [&] {
    ebb::Tape<double> tape;
    tape.backward(sum(body * head));
  };
  {
    ebb::nn::SGD first(list_of({&body}), {.lr = 0.1});
    ebb::nn::SGD<double> moved = std::move(first);
    CHECK_ERROR(walk(), "no optimizer holds parameter 'head'");
    CHECK_ERROR(ebb::nn::SGD(list_of({&head}), {.lr = 0.1, .momentum = -1}), "momentum");
    CHECK_ERROR(walk(), "no optimizer holds parameter 'head'");
  }
  walk();
  CHECK(head.gradient().item() == 2);
}

TEST_CASE("a parameter frozen after it was recorded is not missed by the walk") {
  Parameter<double> held = scalar(2), frozen = scalar(3);
  ebb::nn::SGD optimizer(list_of({&held}), {.lr = 0.1});
  ebb::Tape<double> tape;
  const auto loss = sum(held * frozen);
  frozen.set_trainable(false);
  tape.backward(loss);
  CHECK(held.gradient().item() == 3);
}

TEST_CASE("the ten steps without a gradient count from when a parameter is trainable") {
  Parameter<double> w = scalar(1), late = scalar(1, "late");
  late.set_trainable(false);
  ebb::nn::SGD optimizer(list_of({&w, &late}), {.lr = 0.1});
  const auto step = [&] {
    set_gradient(w, 1);
    optimizer.step();
  };
  for (int i = 0; i < 20; ++i) step();
  late.set_trainable(true);
  for (int i = 0; i < 9; ++i) step();
  CHECK_ERROR(step(), "'late' is trainable, but has had no gradient in 10 steps");
}

TEST_CASE("a step over no parameter at all is refused") {
  ebb::nn::SGD optimizer(ParameterList<double>(), {.lr = 0.1});
  CHECK_ERROR(optimizer.step(), "none of the 0 parameters is trainable and has a gradient");
}
