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
}
