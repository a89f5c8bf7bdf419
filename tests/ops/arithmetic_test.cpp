#include "support/check.hpp"

using ebb::Shape;
using ebb::Tensor;
using ebb_test::check_gradients;
using ebb_test::Values;

namespace {

/// Pairs of shapes that broadcast, among them empty and one-element ones.
const std::vector<std::pair<Shape, Shape>> broadcasting{{{}, {}},         {{3}, {3}},          {{2, 3}, {3}},
                                                        {{2, 1}, {1, 3}}, {{4, 1, 3}, {2, 1}}, {{1}, {2, 2}},
                                                        {{0, 3}, {3}},    {{2, 3}, {}}};

Tensor<double> sample(const Shape& shape, std::uint64_t seed, double low = -2, double high = 2) {
  return ebb::uniform<double>(shape, ebb::Key{seed}, low, high);
}

}  // namespace

TEST_CASE("add, subtract, multiply and divide broadcast like NumPy") {
  const Tensor<double> column({2, 1}, {10, 20}), row({3}, {1, 2, 4});
  CHECK((column + row).to_vector() == std::vector<double>{11, 12, 14, 21, 22, 24});
  CHECK((column - row).to_vector() == std::vector<double>{9, 8, 6, 19, 18, 16});
  CHECK((column * row).to_vector() == std::vector<double>{10, 20, 40, 20, 40, 80});
  CHECK((column / row).to_vector() == std::vector<double>{10, 5, 2.5, 20, 10, 5});
}

TEST_CASE("shapes that do not broadcast are refused with both shapes and the caller's line") {
  const std::string message = ebb_test::error_of([] { (void)(ebb::zeros<float>({2, 3}) + ebb::zeros<float>({4})); });
  CHECK(ebb_test::contains(message, "add: shapes [2, 3] and [4] do not broadcast"));
  CHECK(ebb_test::contains(message, "arithmetic_test.cpp:"));
}

TEST_CASE("derivatives of add, subtract, multiply and divide") {
  for (const auto& [a, b] : broadcasting) {
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    const Values inputs{sample(a, 1), sample(b, 2)}, positive{sample(a, 3), sample(b, 4, 0.5, 2)};
    check_gradients([](const Values& x) { return x[0] + x[1]; }, inputs);
    check_gradients([](const Values& x) { return x[0] - x[1]; }, inputs);
    check_gradients([](const Values& x) { return x[0] * x[1]; }, inputs);
    check_gradients([](const Values& x) { return x[0] / x[1]; }, positive);
  }
}
