#include <cmath>

#include "support/check.hpp"
#include "support/files.hpp"
#include "support/parameters.hpp"

using namespace ebb_test;

namespace {

void set(Parameter<double>& w, double value) { w.set_value(Array<double>({1}, value)); }

}  // namespace

TEST_CASE("a moving average is corrected for its start") {
  Parameter<double> w = scalar(100);
  nn::EMA average(w, {.decay = 0.5});
  set(w, 4), average.update();
  CHECK(average.values()[0].item() == 4);  // and owes nothing to the 100
  set(w, 1), average.update();
  CHECK(average.values()[0].item() == Approx((0.25 * 4 + 0.5 * 1) / 0.75));
  set(w, 2), average.update();
  CHECK(average.values()[0].item() == Approx((0.125 * 4 + 0.25 * 1 + 0.5 * 2) / 0.875));
  CHECK(average.updates() == 3);
  CHECK(w.value().item() == 2);
}

TEST_CASE("a moving average without decay is the newest value") {
  Parameter<double> w = scalar(1);
  nn::EMA average(w, {.decay = 0});
  for (double value : {1.0, 3.0, -2.0}) {
    set(w, value), average.update();
    CHECK(average.values()[0].item() == value);
  }
}

TEST_CASE("averages are swapped in to the end of a scope, whatever is done to them there") {
  Parameter<double> w = scalar(1);
  nn::EMA average(w, {.decay = 0.5});
  average.update();
  set(w, 5);
  {
    const auto swapped = average.swap_in();
    CHECK(w.value().item() == 1);
    set(w, 9);
    CHECK_ERROR(average.update(), "EMA::update(): the averages are swapped in");
    CHECK_ERROR((void)average.swap_in(), "EMA::swap_in(): the averages are swapped in");
    nn::TrainingState state;
    state.add("average", average);
    CHECK_ERROR(save("none", state), "the averages are swapped in");
  }
  CHECK(w.value().item() == 5);
  CHECK(average.values()[0].item() == 1);
}

TEST_CASE("swapping copies nothing, and training goes on in place after it") {
  Parameter<double> w = scalar(1);
  nn::EMA average(w);
  nn::SGD optimizer(w, {.lr = 0.5});
  average.update();
  const auto step = [&] {
    set_gradient(w, 1);
    optimizer.step();
    average.update();
  };
  step();
  const double* place = w.state().value.data();
  (void)average.swap_in();
  step();
  CHECK(w.state().value.data() == place);
}

TEST_CASE("a moving average takes what is frozen as it is") {
  Parameter<double> w = scalar(1), frozen = scalar(1);
  frozen.set_trainable(false);
  nn::EMA average(list_of({&w, &frozen}), {.decay = 0.5});
  average.update();
  set(frozen, 7), set(w, 7);
  average.update();
  CHECK(average.values()[0].item() == Approx((0.25 * 1 + 0.5 * 7) / 0.75));
  CHECK(average.values()[1].item() == 7);
}

TEST_CASE("the values of a moving average do for another model") {
  Generator generator(1);
  const nn::Linear<> model(2, 2, generator), other(2, 2, generator);
  nn::EMA average(model);
  average.update();
  nn::parameters(other).set_values(average.values());
  CHECK(other.weight.value().to_vector() == model.weight.value().to_vector());
}

TEST_CASE("a moving average of a decay that is none, or before its first update, is refused") {
  Parameter<double> w = scalar(1);
  for (const double decay : {1.0, -0.1, double{NAN}})
    CHECK_ERROR(nn::EMA(w, {.decay = decay}), "EMA: the decay must be at least 0 and less than 1, not ");
  nn::EMA average(w);
  CHECK_ERROR((void)average.values(), "EMA::values(): there is no average before the first update()");
  CHECK_ERROR((void)average.swap_in(), "EMA::swap_in(): there is no average");
}

TEST_CASE("a moving average can be moved, also while it is swapped in") {
  Parameter<double> w = scalar(1);
  nn::EMA<double> first(w, {.decay = 0.5});
  first.update();
  set(w, 3);
  {
    const auto swapped = first.swap_in();
    const nn::EMA<double> second = std::move(first);
    CHECK(second.values()[0].item() == 1);
  }
  CHECK(w.value().item() == 3);
}
