#include "support/check.hpp"
#include "support/random_cases.hpp"

using ebb::Axes;
using ebb::Shape;
using ebb::Tensor;
using ebb_test::check_gradients;
using ebb_test::contains;
using ebb_test::error_of;
using ebb_test::RandomCases;
using ebb_test::Values;

namespace {

using Numbers = std::vector<double>;

struct Reduced {
  Shape shape;
  Axes axes;
};

/// Shapes and axes to reduce: none, one, some, all; with other axes before, between and after; one element; empty but
/// with something to reduce for every result.
const std::vector<Reduced> reductions{{{}, {}},      {{3}, {0}},        {{2, 3}, {}},        {{2, 3}, {1}},
                                      {{2, 3}, {0}}, {{2, 3}, {-1, 0}}, {{2, 3, 2}, {0, 2}}, {{2, 3, 2}, {1}},
                                      {{1, 1}, {0}}, {{0, 3}, {1}},     {{2, 9}, {1}}};

}  // namespace

TEST_CASE("sum and mean over all axes, some, or none, keeping them or not") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 9});
  CHECK(ebb::sum(x).item() == 24);
  CHECK(ebb::sum(x).rank() == 0);
  CHECK(ebb::sum(x, 0).to_vector() == Numbers{5, 7, 12});
  CHECK(ebb::sum(x, -1).to_vector() == Numbers{6, 18});
  CHECK(ebb::sum(x, {0, 1}, {.keep = true}).shape() == Shape{1, 1});
  CHECK(ebb::sum(x, -1, {.keep = true}).shape() == Shape{2, 1});
  CHECK(ebb::sum(x, Axes{}).to_vector() == x.to_vector());
  CHECK(ebb::mean(x).item() == 4);
  CHECK(ebb::mean(x, 0).to_vector() == Numbers{2.5, 3.5, 6});
  CHECK(ebb::mean(x, 1, {.keep = true}).to_vector() == Numbers{2, 6});
  CHECK(ebb::mean(x, 1, {.keep = true}).shape() == Shape{2, 1});
}

TEST_CASE("the sum over nothing is 0, and the mean of nothing is refused") {
  CHECK(ebb::sum(ebb::zeros<double>({0})).item() == 0);
  CHECK(ebb::sum(ebb::zeros<double>({2, 0}), 1).to_vector() == Numbers{0, 0});
  CHECK(ebb::sum(ebb::zeros<double>({0, 2}), 0).to_vector() == Numbers{0, 0});
  CHECK(ebb::sum(ebb::zeros<double>({0, 2}), 1).shape() == Shape{0});
  CHECK(contains(error_of([] {
                   ebb::mean(ebb::zeros<double>({2, 0}), 1);
                 }),
                 "mean: there is nothing to reduce in shape [2, 0]"));
  CHECK(ebb::mean(ebb::zeros<double>({0, 2}), 1).shape() == Shape{0});
}

TEST_CASE("reductions refuse axes that are not there or named twice") {
  const Tensor<double> x = ebb::ones<double>({2, 3});
  CHECK(contains(error_of([&] { ebb::sum(x, 2); }), "sum: there is no axis 2 in shape [2, 3]"));
  CHECK(contains(error_of([&] { ebb::sum(x, {1, -1}); }), "the axes [1, -1] name axis 1 of [2, 3] twice"));
}

TEST_CASE("a sum of ten million floats is right to 1e-6, along rows and columns") {
  const ebb::Index n = 10'000'000;
  const Tensor<float> x = ebb::full<float>({n}, 0.1);
  const double exact = static_cast<double>(n) * static_cast<double>(0.1f);
  CHECK(std::abs(ebb::sum(x).item() / exact - 1) < 1e-6);
  CHECK(std::abs(ebb::mean(x).item() / static_cast<double>(0.1f) - 1) < 1e-6);
  const Tensor<float> columns = ebb::sum(ebb::reshape(x, {-1, 2}), 0);
  CHECK(std::abs(2 * columns.at({0}) / exact - 1) < 1e-6);
  CHECK(std::abs(2 * columns.at({1}) / exact - 1) < 1e-6);
}

TEST_CASE("records show the reduction that was called") {
  ebb::Tape<double> tape;
  const Tensor<double> x = tape.watch(ebb::ones<double>({2, 3}));
  CHECK(std::string(tape[ebb::sum(x).slot().record].op->name) == "sum");
  CHECK(std::string(tape[ebb::mean(x, 0).slot().record].op->name) == "mean");
}

TEST_CASE("derivatives of sum and mean") {
  RandomCases random(1);
  for (const auto& [shape, axes] : reductions)
    for (const bool keep : {false, true}) {
      CAPTURE(to_string(shape));
      CAPTURE(to_string(axes));
      const Axes& over = axes;
      const Values x{random.values(shape)};
      check_gradients([&](const Values& v) { return square(ebb::sum(v[0], over, {.keep = keep})); }, x);
      check_gradients([&](const Values& v) { return square(ebb::mean(v[0], over, {.keep = keep})); }, x);
    }
}
