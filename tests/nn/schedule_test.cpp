#include <cmath>

#include "support/check.hpp"

using namespace ebb_test;

TEST_CASE("the constant schedule") { CHECK(nn::constant(0.1)(1000) == 0.1); }

TEST_CASE("the cosine schedule falls along half a cosine and stays at the end") {
  const nn::Schedule schedule = nn::cosine(1.0, 100, 0.2);
  CHECK(schedule(0) == 1);
  CHECK(schedule(25) == doctest::Approx(0.2 + 0.8 * 0.8535533905932737));
  CHECK(schedule(50) == doctest::Approx(0.6));
  CHECK(schedule(100) == 0.2);
  CHECK(schedule(1000) == 0.2);
}

TEST_CASE("the inverse square root schedule halves when the steps have quadrupled") {
  const nn::Schedule schedule = nn::inverse_square_root(0.8, 10);
  CHECK(schedule(0) == 0.8);
  CHECK(schedule(30) == doctest::Approx(0.4));
  CHECK(schedule(150) == doctest::Approx(0.2));
}

TEST_CASE("the linear schedule falls in equal steps and stays at the end") {
  const nn::Schedule schedule = nn::linear_decay(1.0, 4, 0.5);
  for (const auto& [step, rate] : {std::pair{0, 1.0}, {1, 0.875}, {2, 0.75}, {4, 0.5}, {9, 0.5}})
    CHECK(schedule(step) == rate);
}

TEST_CASE("step decay falls after every so many steps") {
  const nn::Schedule schedule = nn::step_decay(0.8, 10, 0.5);
  for (const auto& [step, rate] : {std::pair{0, 0.8}, {9, 0.8}, {10, 0.4}, {19, 0.4}, {20, 0.2}})
    CHECK(schedule(step) == doctest::Approx(rate));
}

TEST_CASE("the exponential schedule falls by one factor in each step") {
  const nn::Schedule schedule = nn::exponential(0.8, 0.5);
  CHECK(schedule(0) == 0.8);
  CHECK(schedule(3) == doctest::Approx(0.1));
}

TEST_CASE("one cycle rises to its highest rate and falls far below its first") {
  const nn::Schedule schedule = nn::one_cycle(1.0, 100, {.rise = 0.2, .start = 0.1, .final = 0.01});
  CHECK(schedule(0) == doctest::Approx(0.1));
  CHECK(schedule(10) == doctest::Approx(0.55));
  CHECK(schedule(20) == doctest::Approx(1));
  CHECK(schedule(60) == doctest::Approx(0.505));
  CHECK(schedule(100) == doctest::Approx(0.01));
  CHECK(schedule(1000) == doctest::Approx(0.01));
  CHECK(nn::one_cycle(1.0, 10, {.rise = 0})(0) == 1);
  CHECK(nn::one_cycle(1.0, 10, {.rise = 1})(9) < 1);
  CHECK(nn::one_cycle(2.0, 100)(0) == doctest::Approx(0.08));
}

TEST_CASE("joined schedules follow one another, each from its own step 0") {
  const nn::Schedule schedule =
      nn::joined(nn::constant(0.5), 2, nn::joined(nn::linear_decay(1, 4), 4, nn::constant(0.125)));
  for (const auto& [step, rate] :
       {std::pair{0, 0.5}, {1, 0.5}, {2, 1.0}, {3, 0.75}, {5, 0.25}, {6, 0.125}, {99, 0.125}})
    CHECK(schedule(step) == rate);
}

TEST_CASE("a plateau cuts the rate once its patience is over, and starts to wait anew") {
  nn::ReduceOnPlateau plateau(1, {.factor = 0.5, .patience = 2, .threshold = 0.125, .least = 0.2});
  // better is less than 7/8 of the best: 10, then 8; 7 is not
  for (const auto& [loss, rate] : {std::pair{10.0, 1.0},
                                   {8.0, 1.0},
                                   {7.0, 1.0},
                                   {9.0, 1.0},
                                   {8.0, 0.5},
                                   {8.0, 0.5},
                                   {INFINITY, 0.5},
                                   {8.0, 0.25},
                                   {6.0, 0.25},
                                   {6.0, 0.25},
                                   {6.0, 0.25},
                                   {6.0, 0.2}})
    CHECK(plateau(loss) == rate);
  CHECK(plateau.learning_rate() == 0.2);
}

TEST_CASE("a plateau takes losses below zero") {
  nn::ReduceOnPlateau plateau(1, {.factor = 0.5, .patience = 0, .threshold = 0.5});
  for (const auto& [loss, rate] : {std::pair{-2.0, 1.0}, {-4.0, 1.0}, {-5.0, 0.5}, {-7.0, 0.5}})
    CHECK(plateau(loss) == rate);
}

TEST_CASE("a plateau whose settings make no sense, or a loss that is not a number, is refused") {
  CHECK_ERROR(nn::ReduceOnPlateau(-1), "ReduceOnPlateau: a learning rate must");
  CHECK_ERROR(nn::ReduceOnPlateau(1, {.factor = 1}), "the factor must be less than 1");
  CHECK_ERROR(nn::ReduceOnPlateau(1, {.factor = 0}), "the factor must be greater than 0");
  CHECK_ERROR(nn::ReduceOnPlateau(1, {.patience = -1}), "the patience must be at least 0, not -1");
  CHECK_ERROR(nn::ReduceOnPlateau(1, {.threshold = -1}), "the threshold must be at least 0");
  nn::ReduceOnPlateau plateau(1);
  CHECK_ERROR(plateau(NAN), "ReduceOnPlateau: the loss is not a number");
}

TEST_CASE("a warm-up rises in equal parts to what follows") {
  const nn::Schedule schedule = nn::linear_warmup(4, nn::cosine(1.0, 10));
  CHECK(schedule(0) == 0.25);
  CHECK(schedule(3) == 1);
  CHECK(schedule(4) == 1);
  CHECK(schedule(9) == doctest::Approx(0.5));
  CHECK(schedule(14) == 0);
}

TEST_CASE("a warm-up over no steps is what follows") { CHECK(nn::linear_warmup(0, nn::constant(0.5))(0) == 0.5); }

TEST_CASE("a schedule over no steps is refused") {
  CHECK_ERROR(nn::cosine(1, 0), "cosine: the number of steps");
  CHECK_ERROR(nn::linear_decay(1, 0), "linear_decay: the number of steps");
  CHECK_ERROR(nn::step_decay(1, 0), "step_decay: the number of steps");
  CHECK_ERROR(nn::one_cycle(1, 0), "one_cycle: the number of steps");
  CHECK_ERROR(nn::joined(nn::constant(1), -1, nn::constant(1)), "joined: the number of steps must be at least 0");
  CHECK_THROWS_WITH_AS(nn::linear_warmup(-1, nn::constant(1)),
                       "linear_warmup: the number of steps must be at least 0, not -1", ebb::Error);
  CHECK_THROWS_WITH_AS(nn::inverse_square_root(1, 0),
                       "inverse_square_root: the number of steps must be at least 1, not 0", ebb::Error);
}

TEST_CASE("rates that no optimizer takes, and a warm-up to nothing, are refused when the schedule is made") {
  for (const double rate : {double{NAN}, -0.1, double{INFINITY}}) {
    CHECK_ERROR(nn::constant(rate), "constant: a learning rate must be a finite number of at least 0, not ");
    CHECK_ERROR(nn::cosine(rate, 10), "cosine: a learning rate must");
    CHECK_ERROR(nn::cosine(0.1, 10, rate), "cosine: a learning rate must");
    CHECK_ERROR(nn::inverse_square_root(rate, 10), "inverse_square_root: a learning rate must");
  }
  CHECK_ERROR(nn::linear_warmup(3, nullptr), "linear_warmup: there is no schedule to follow");
  CHECK_ERROR(nn::joined(nullptr, 3, nn::constant(1)), "joined: there is no schedule to follow");
  CHECK_ERROR(nn::joined(nn::constant(1), 3, nullptr), "joined: there is no schedule to follow");
  CHECK_ERROR(nn::linear_decay(-1, 10), "linear_decay: a learning rate must");
  CHECK_ERROR(nn::step_decay(1, 10, 0), "step_decay: the factor must be greater than 0 and at most 1, not 0");
  CHECK_ERROR(nn::exponential(1, 1.5), "exponential: the factor must be greater than 0 and at most 1, not 1.5");
  CHECK_ERROR(nn::one_cycle(1, 10, {.rise = 1.5}), "one_cycle: the share of the steps that rise must be at least 0");
}
