#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;
using Mask = std::vector<std::int32_t>;

TEST_CASE("comparisons give masks, by name and by operator") {
  const Tensor<double> a({3}, {1, 2, 3}), b({3}, {3, 2, 1});
  CHECK(less(a, b).to_vector() == Mask{1, 0, 0});
  CHECK(less_equal(a, b).to_vector() == Mask{1, 1, 0});
  CHECK(equal(a, b).to_vector() == Mask{0, 1, 0});
  CHECK((a < b).to_vector() == Mask{1, 0, 0});
  CHECK((a <= b).to_vector() == Mask{1, 1, 0});
  CHECK((a > b).to_vector() == Mask{0, 0, 1});
  CHECK((a >= b).to_vector() == Mask{0, 1, 1});
}

TEST_CASE("comparisons broadcast") {
  const Tensor<float> column({2, 1}, {1, 3}), row({3}, {0, 1, 2});
  const IntArray mask = column > row;
  CHECK(mask.shape() == ebb::Shape{2, 3});
  CHECK(mask.to_vector() == Mask{1, 0, 0, 1, 1, 1});
  CHECK((ebb::zeros<float>({0, 3}) < row).shape() == ebb::Shape{0, 3});
}

TEST_CASE("comparisons with NaN are 0") {
  const Tensor<double> a({2}, {not_a_number, not_a_number}), b({2}, {1, not_a_number});
  for (const IntArray& mask : {a < b, b < a, a <= b, a >= b, equal(a, b)}) CHECK(mask.to_vector() == Mask{0, 0});
}

TEST_CASE("comparing a parameter records nothing") {
  const ebb::Parameter<double> w(ebb::Array<double>({2}, {-1, 1}));
  ebb::Tape<double> tape;
  CHECK((w > 0).to_vector() == Mask{0, 1});
  CHECK(tape.size() == 0);
}

TEST_CASE("comparisons refuse shapes that do not broadcast, and undefined tensors, with the caller's line") {
  const auto a = ebb::zeros<float>({2}), b = ebb::zeros<float>({3});
  const int line = __LINE__ + 1;
  CHECK_ERROR(a < b, "less: shapes [2] and [3] do not broadcast", "comparison_test.cpp:" + std::to_string(line));
  CHECK_ERROR(equal(a, Tensor<float>()), "equal: an input is undefined");
}

TEST_CASE("where chooses by a mask, and all three broadcast") {
  const IntArray mask({2, 1}, {1, 0});
  const Tensor<double> a({3}, {1, 2, 3}), b({}, {-1});
  const Tensor<double> y = where(mask, a, b);
  CHECK(y.shape() == ebb::Shape{2, 3});
  CHECK(y.to_vector() == Numbers{1, 2, 3, -1, -1, -1});
  CHECK(where(IntArray({3}, {0, 7, -1}), a, 0).to_vector() == Numbers{0, 2, 3});
}

TEST_CASE("what where leaves out does not reach the value or the gradient, be it NaN or infinite") {
  const Tensor<double> x({2}, {not_a_number, 4});
  CHECK(where(x > 0, x, 0).to_vector() == Numbers{0, 4});
  ebb::Tape<double> tape;
  const Tensor<double> leaf = tape.watch(Tensor<double>({2}, {1, 1}));
  const Tensor<double> y = where(IntArray({2}, {1, 0}), leaf, 0);
  CHECK(grad(y, leaf, {.cotangent = Tensor<double>({2}, {2, inf})}).to_vector() == Numbers{2, 0});
}

TEST_CASE("where refuses a mask that does not broadcast, and an undefined one") {
  const auto a = ebb::zeros<float>({2});
  CHECK_ERROR(where(IntArray({3}, {1, 0, 1}), a, a), "where: shapes [3] and [2] do not broadcast");
  CHECK_ERROR(where(IntArray(), a, a), "where: the mask is undefined");
}

TEST_CASE("minimum, maximum and clamp of known values") {
  const Tensor<double> a({3}, {1, 5, -2}), b({3}, {3, 2, -2});
  CHECK(minimum(a, b).to_vector() == Numbers{1, 2, -2});
  CHECK(maximum(a, b).to_vector() == Numbers{3, 5, -2});
  CHECK(clamp(a, -1, 2).to_vector() == Numbers{1, 2, -1});
  CHECK(clamp(a, 3, 3).to_vector() == Numbers{3, 3, 3});
  CHECK(clamp(a, -inf, 0).to_vector() == Numbers{0, 0, -2});
}

TEST_CASE_TEMPLATE("minimum, maximum and clamp give NaN for NaN on either side", T, float, double) {
  const T odd = std::numeric_limits<T>::quiet_NaN();
  const Tensor<T> a({4}, {odd, 1, odd, -1}), b({4}, {1, odd, odd, -2});
  for (const auto& y : {minimum(a, b), maximum(a, b)})
    for (const ebb::Index i : {0, 1, 2}) CHECK(std::isnan(y.at({i})));
  CHECK(minimum(a, b).at({3}) == -2);
  CHECK(maximum(a, b).at({3}) == -1);
  CHECK(std::isnan(maximum(a, 0).at({0})));
  CHECK(std::isnan(minimum(0, a).at({0})));
  CHECK(std::isnan(clamp(a, 0, 1).at({0})));
}

TEST_CASE("infinities are ordinary to minimum, maximum and clamp") {
  const Tensor<double> x({2}, {inf, -inf});
  CHECK(minimum(x, 1).to_vector() == Numbers{1, -inf});
  CHECK(maximum(x, 1).to_vector() == Numbers{inf, 1});
  CHECK(clamp(x, -3, 3).to_vector() == Numbers{3, -3});
}

TEST_CASE("clamp refuses bounds with nothing between") {
  const auto x = ebb::zeros<float>({2});
  CHECK_ERROR(clamp(x, 2, 1), "clamp: there is nothing between the bounds 2 and 1");
  CHECK_THROWS_AS(clamp(x, 0, not_a_number), ebb::Error);
}

TEST_CASE("at a tie minimum and maximum give each side half of the adjoint") {
  const ebb::Function smaller = [](const Values& x) { return minimum(x[0], x[1]); };
  const ebb::Function larger = [](const Values& x) { return maximum(x[0], x[1]); };
  for (const auto& f : {smaller, larger}) {
    ebb::Tape<double> tape;
    const auto a = tape.watch(Tensor<double>({}, {2})), b = tape.watch(Tensor<double>({}, {2}));
    const auto g = ebb::grad<double>(f({a, b}), {a, b});
    CHECK(g[0].item() == 0.5);
    CHECK(g[1].item() == 0.5);
  }
}

TEST_CASE("at and beyond its bounds clamp has the derivative 0") {
  const auto held = [](const auto& x) { return clamp(x, -1, 2); };
  for (const double x : {-3.0, -1.0, 2.0, 5.0}) CHECK(slope_at<double>(held, x) == 0);
  CHECK(slope_at<double>(held, 1.999) == 1);
}

TEST_CASE("derivatives of where, minimum, maximum and clamp") {
  for (const auto& pair : broadcasting) {
    const ebb::Shape &a = pair.first, &b = pair.second;
    CAPTURE(to_string(a));
    CAPTURE(to_string(b));
    const Values inputs{sample(a, 1), sample(b, 2)};
    const IntArray mask = sample(broadcast_shape(a, b), 3) > 0;
    check_gradients([mask](const Values& x) { return where(mask, x[0], x[1]); }, inputs);
    check_gradients([](const Values& x) { return minimum(x[0], x[1]); }, inputs);
    check_gradients([](const Values& x) { return maximum(x[0], x[1]); }, inputs);
    check_gradients([](const Values& x) { return clamp(x[0], -1, 1.5); }, inputs);
  }
}

TEST_CASE("where sums its derivatives back when the mask is the larger") {
  const IntArray mask({2, 2}, {1, 0, 0, 1});
  check_gradients([mask](const Values& x) { return where(mask, x[0], x[1]); }, {sample({}), sample({2, 1})});
  check_gradients([mask](const Values& x) { return where(mask, x[0], 3); }, {sample({2})});
}

TEST_CASE("minimum and maximum take a number for each element") {
  const Tensor<double> x({3}, {-1, 0.5, 2});
  CHECK(ebb::maximum(x, 0).to_vector() == std::vector<double>{0, 0.5, 2});
  CHECK(ebb::minimum(1 - x, 0.25).to_vector() == std::vector<double>{0.25, 0.25, -1});
}
