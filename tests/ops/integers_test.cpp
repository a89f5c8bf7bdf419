#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Ids = std::vector<std::int32_t>;

namespace {

const IntArray a({2, 2}, {7, -7, 0, 3}), b({2}, {2, -2});
constexpr std::int32_t largest = std::numeric_limits<std::int32_t>::max(),
                       least = std::numeric_limits<std::int32_t>::min();

}  // namespace

TEST_CASE("integers add, subtract and multiply, broadcast, and take numbers on either side") {
  CHECK((a + b).to_vector() == Ids{9, -9, 2, 1});
  CHECK((a - b).to_vector() == Ids{5, -5, -2, 5});
  CHECK((a * b).to_vector() == Ids{14, 14, 0, -6});
  CHECK((-a).to_vector() == Ids{-7, 7, 0, -3});
  CHECK((2 * b + 1).to_vector() == Ids{5, -3});
  CHECK((10 - b).to_vector() == Ids{8, 12});
  CHECK_ERROR(a + IntArray({3}, {1, 2, 3}), "add: shapes [2, 2] and [3] do not broadcast", "integers_test.cpp:");
  CHECK_ERROR(IntArray() + 1, "add: an input is undefined");
}

TEST_CASE("floor_divide rounds down, and remainder has the sign of the divisor") {
  CHECK(floor_divide(a, b).to_vector() == Ids{3, 3, 0, -2});
  CHECK(remainder(a, b).to_vector() == Ids{1, -1, 0, -1});
  CHECK(floor_divide(a, 2).to_vector() == Ids{3, -4, 0, 1});
  CHECK(remainder(a, 2).to_vector() == Ids{1, 1, 0, 1});
  CHECK_ERROR(floor_divide(a, 0), "floor_divide: 7 is divided by 0");
  CHECK_ERROR(remainder(a, 0), "remainder: 7 is divided by 0");
  CHECK(remainder(IntArray({1}, {least}), -1).item() == 0);
}

TEST_CASE("what 32 bits do not hold is refused") {
  CHECK_ERROR(IntArray({1}, {largest}) + 1, "add: 2147483648 does not fit the 32 bits of an IntArray");
  CHECK_ERROR(IntArray({1}, {least}) - 1, "subtract: -2147483649");
  CHECK_ERROR(-IntArray({1}, {least}), "2147483648 does not fit");
  CHECK_ERROR(IntArray({1}, {1 << 20}) * (1 << 20), "multiply: 1099511627776");
  CHECK_ERROR(floor_divide(IntArray({1}, {least}), -1), "floor_divide: 2147483648");
  CHECK_ERROR(a + (ebb::Index{1} << 40), "1099511627776 does not fit");
  CHECK_ERROR(ebb::sum(IntArray({2}, {largest, 1}), 0), "sum: 2147483648 does not fit");
}

TEST_CASE("comparisons of integers are masks") {
  CHECK((a < b).to_vector() == Ids{0, 1, 1, 0});
  CHECK((a > 0).to_vector() == Ids{1, 0, 0, 1});
  CHECK((a <= 0).to_vector() == Ids{0, 1, 1, 0});
  CHECK((0 >= a).to_vector() == Ids{0, 1, 1, 0});
  CHECK(equal(a, 0).to_vector() == Ids{0, 0, 1, 0});
}

TEST_CASE("logical functions take what is not 0 as true") {
  CHECK(logical_and(a, IntArray({2}, {1, 0})).to_vector() == Ids{1, 0, 0, 0});
  CHECK(logical_or(a, IntArray({2}, {0, 5})).to_vector() == Ids{1, 1, 0, 1});
  CHECK(logical_not(a).to_vector() == Ids{0, 0, 1, 0});
  CHECK(logical_and(a > -5, a < 5).to_vector() == Ids{0, 0, 1, 1});
}

TEST_CASE("where chooses between integers, and between numbers") {
  CHECK(where(a > 0, a, -1).to_vector() == Ids{7, -1, -1, 3});
  CHECK(where(IntArray({2}, {1, 0}), 5, 6).to_vector() == Ids{5, 6});
  CHECK_ERROR(where(IntArray(), 5, 6), "where: an input is undefined");
}

TEST_CASE("sum, any and all of integers, over all axes and over some") {
  CHECK(ebb::sum(a) == 3);
  CHECK(ebb::sum(IntArray({2}, {largest, largest})) == 2 * ebb::Index{largest});
  CHECK(ebb::sum(a, 0).to_vector() == Ids{7, -4});
  CHECK(ebb::sum(a, {1}, {.keep = true}).shape() == Shape{2, 1});
  CHECK(ebb::any(a));
  CHECK_FALSE(ebb::all(a));
  CHECK(ebb::all(a, 1).to_vector() == Ids{1, 0});
  CHECK(ebb::any(equal(a, 0), 0).to_vector() == Ids{1, 0});
  const IntArray none(Shape{0, 2}, 0);
  CHECK(ebb::sum(none) == 0);
  CHECK_FALSE(ebb::any(none));
  CHECK(ebb::all(none));
  CHECK(ebb::all(none, 0).to_vector() == Ids{1, 1});
}

TEST_CASE("gather, slice and concatenate move integers as they move tensors") {
  CHECK(ebb::gather(a, IntArray({2}, {1, 1}), 0).to_vector() == Ids{0, 3, 0, 3});
  CHECK(ebb::gather(a, IntArray({}, {0}), 1).to_vector() == Ids{7, 0});
  CHECK(ebb::slice(a, 1, {.step = -1}).to_vector() == Ids{-7, 7, 3, 0});
  CHECK(ebb::concatenate({b, b, IntArray({1}, {9})}, 0).to_vector() == Ids{2, -2, 2, -2, 9});
  CHECK_ERROR(ebb::gather(a, IntArray({1}, {2}), 0), "gather: index 2", "integers_test.cpp:");
  CHECK_ERROR(ebb::concatenate({a, b}, 0), "concatenate: [2, 2] and [2] cannot be joined along axis 0");
  CHECK_ERROR(ebb::slice(a, 2, {}), "slice: there is no axis 2");
}

TEST_CASE("tensors become integers where they are whole, and integers tensors") {
  const Tensor<double> x({3}, {3, -2, 0});
  CHECK(ebb::to_integers(x).to_vector() == Ids{3, -2, 0});
  CHECK(ebb::to_tensor<double>(ebb::to_integers(x)).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::to_integers(Tensor<float>({2}, {1, 1.5})),
              "to_integers: 1.5 at position [1] is no whole number of 32 bits", "integers_test.cpp:");
  CHECK_ERROR(ebb::to_integers(ebb::full<double>({}, 3e9)), "to_integers: 3000000000 at position []");
  CHECK_ERROR(ebb::to_integers(ebb::full<double>({}, not_a_number)), "to_integers: nan");
}

TEST_CASE("arange counts, up and down") {
  CHECK(ebb::arange(0, 4).to_vector() == Ids{0, 1, 2, 3});
  CHECK(ebb::arange(3, -2, -2).to_vector() == Ids{3, 1, -1});
  CHECK(ebb::arange(1, 6, 2).to_vector() == Ids{1, 3, 5});
  CHECK(ebb::arange(2, 2).shape() == Shape{0});
  CHECK(ebb::arange(2, 0).size() == 0);
  CHECK(ebb::arange(std::size_t{5}, 7).to_vector() == Ids{5, 6});
  CHECK(ebb::arange(largest - 1, largest).to_vector() == Ids{largest - 1});
  CHECK_ERROR(ebb::arange(0, 4, 0), "arange(0, 4, 0): the step must not be 0");
  CHECK_ERROR(ebb::arange(0, ebb::Index{1} << 31), "an IntArray has numbers of 32 bits");
  CHECK_ERROR(ebb::arange(least, largest), "more numbers than an axis can have");
}

TEST_CASE("integers are moved and reshaped as tensors are") {
  const auto same = [](const IntArray& moved, const Tensor<float>& as) {
    CHECK(moved.shape() == as.shape());
    CHECK(ebb::to_tensor<float>(moved).to_vector() == as.to_vector());
  };
  const IntArray x = reshape(ebb::arange(0, 6), {2, -1, 1});
  const Tensor<float> t = ebb::to_tensor<float>(x);
  CHECK(x.shape() == Shape{2, 3, 1});
  same(permute(x, {2, 0, -2}), permute(t, {2, 0, -2}));
  same(transpose(x), transpose(t));
  same(transpose(x, 0, 1), transpose(t, 0, 1));
  same(squeeze(x), squeeze(t));
  same(squeeze(x, -1), squeeze(t, -1));
  same(unsqueeze(x, -1), unsqueeze(t, -1));
  same(flip(x, {0, 1}), flip(t, {0, 1}));
  same(roll(x, -4, 1), roll(t, -4, 1));
  same(roll(x, 0, 1), t);
  same(select(x, 1, -1), select(t, 1, -1));
  same(stack({x, x + 1}, -1), stack({t, t + 1}, -1));
  for (std::size_t i = 0; i < 2; ++i) {
    same(unbind(x)[i], unbind(t)[i]);
    same(split(x, 2, 0)[i], split(t, 2, 0)[i]);
    same(split(x, {1, 2}, 1)[i], split(t, {1, 2}, 1)[i]);
  }
  same(flip(IntArray(Shape{0, 2}), 0), ebb::zeros<float>({0, 2}));
}

TEST_CASE("integers that cannot be moved so are refused, with the caller's line") {
  const IntArray x = ebb::arange(0, 6);
  CHECK_ERROR(reshape(x, {4, -1}), "reshape: [6] (6 elements) does not fit the shape [4, -1]", "integers_test.cpp");
  CHECK_ERROR(permute(x, {0, 1}), "permute: ", "integers_test.cpp");
  CHECK_ERROR(transpose(x), "transpose: ", "integers_test.cpp");
  CHECK_ERROR(squeeze(x, 0), "squeeze: axis 0 of [6] cannot be dropped");
  CHECK_ERROR(flip(x, {0, 0}), "flip: ", "integers_test.cpp");
  CHECK_ERROR(roll(x, 1, 2), "roll: ", "integers_test.cpp");
  CHECK_ERROR(select(x, 0, 6), "select: there is no index 6 along axis 0 of [6]");
  CHECK_ERROR(split(x, 4, 0), "split: axis 0 of [6] cannot be cut into 4 equal parts");
  CHECK_ERROR(split(x, {1, 2}, 0), "split: axis 0 of [6] cannot be cut into parts of extents [1, 2]");
  CHECK_ERROR(unbind(x, 1), "unbind: ", "integers_test.cpp");
  CHECK_ERROR(stack({x, x + 1, IntArray{1}}), "stack: [6] and [1] cannot be stacked");
  CHECK_ERROR(ebb::stack(std::vector<IntArray>()), "stack: there is nothing to join");
  CHECK_ERROR(squeeze(IntArray()), "squeeze: an input is undefined");
  CHECK_ERROR(reshape(IntArray(), {1}), "reshape: an input is undefined");
}
