#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("dropout zeroes about its share and scales the others up") {
  const Tensor<float> y = dropout(ebb::full<float>({100, 100}, 3), 0.25, Key{7});
  int zeros = 0;
  for (const float value : y.to_vector()) {
    if (value == 0)
      ++zeros;
    else
      REQUIRE(value == 4);
  }
  CHECK(std::abs(zeros - 2500) < 175);  // 4 standard deviations
}

TEST_CASE("the same key drops the same elements, in float and in double, another drops others") {
  const auto ones = ebb::ones<double>({101});
  const auto first = dropout(ones, 0.5, Key{7, 1}).to_vector();
  CHECK(dropout(ones, 0.5, Key{7, 1}).to_vector() == first);
  CHECK(dropout(ones, 0.5, Key{7, 2}).to_vector() != first);
  CHECK(dropout(ones, 0.5, Key{8, 1}).to_vector() != first);
  const auto narrow = dropout(ebb::ones<float>({101}), 0.5, Key{7, 1}).to_vector();
  CHECK(std::vector<double>(narrow.begin(), narrow.end()) == first);
}

TEST_CASE("dropout with probability 0 keeps all, with 1 nothing, not even NaN") {
  const Tensor<double> x({3}, {1, -2, std::nan("")});
  CHECK(dropout(x, 0, Key{1}).at({1}) == -2);
  CHECK(std::isnan(dropout(x, 0, Key{1}).at({2})));
  CHECK(dropout(x, 1, Key{1}).to_vector() == std::vector<double>{0, 0, 0});
}

TEST_CASE("a probability outside [0, 1] is refused") {
  const auto x = ebb::ones<float>({2});
  CHECK_ERROR(dropout(x, 1.5, Key{1}), "dropout: a probability must be within [0, 1], but this is 1.5",
              "dropout_test.cpp:");
  CHECK_THROWS_AS(dropout(x, -0.1, Key{1}), ebb::Error);
  CHECK_THROWS_AS(dropout(x, std::nan(""), Key{1}), ebb::Error);
}

TEST_CASE("the derivative of dropout passes what the value passed") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::ones<double>({50}));
  const auto y = dropout(x, 0.5, Key{3});
  CHECK(grad(y, x, {.cotangent = ebb::ones<double>({50})}).to_vector() == y.to_vector());
}

TEST_CASE("derivatives of dropout") {
  for (const auto& shape : shapes) {
    CAPTURE(to_string(shape));
    for (const double p : {0.0, 0.4, 1.0})
      check_gradients([p](const Values& x) { return dropout(x[0], p, Key{5}); }, {sample(shape)});
  }
}

TEST_CASE("dropout takes the random numbers of its key in order, whatever the size") {
  // Two uniform numbers are made of the same four words as four elements of dropout: of the first word their highest
  // bits, of the second those from the 33rd on.
  constexpr ebb::Key key{.seed = 0x123456789abcdef, .stream = 77};
  for (const ebb::Index n : {1, 3, 4, 5, 127, 128, 129, 5000, 40001}) {
    const auto kept = dropout(ebb::ones<float>(n), 0.25, key);
    const auto numbers = ebb::uniform<double>((n + 1) / 2, key);
    bool all = true;
    for (ebb::Index i = 0; i < n; ++i) {
      const double u = numbers.data()[i / 2];
      const double part = i % 2 == 0 ? u : std::fmod(u * 0x1p32, 1);
      all = all && (kept.data()[i] != 0) == (part >= 0.25);
    }
    CAPTURE(n);
    CHECK(all);
  }
  CHECK(same_on_any_number_of_threads([&] { return dropout(ebb::ones<float>({300, 301}), 0.5, key); }));
}
