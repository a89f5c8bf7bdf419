#include <utility>
#include <vector>

#include "support/check.hpp"
#include "support/random_cases.hpp"

using namespace ebb_test;

namespace {

/// A shape that broadcasts to this one: some leading axes missing, some others with extent 1.
Shape narrower(RandomCases& random, const Shape& shape) {
  Shape result;
  for (int axis = random.integer(0, shape.rank()); axis < shape.rank(); ++axis)
    result.push_back(random.integer(0, 2) == 0 ? 1 : shape[axis]);
  return result;
}

/// Where the element of a broadcast array comes from.
Indices narrowed(const Indices& at, const Shape& shape) {
  Indices from(at.end() - shape.rank(), at.end());
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] == 1) from[static_cast<std::size_t>(axis)] = 0;
  return from;
}

}  // namespace

TEST_CASE("broadcast_shape pairs the axes from the last on") {
  CHECK(ebb::broadcast_shape({2, 1, 3}, {4, 1}) == Shape{2, 4, 3});
  CHECK(ebb::broadcast_shape({}, {2, 2}) == Shape{2, 2});
  CHECK(ebb::broadcast_shape({0, 3}, {1, 1}) == Shape{0, 3});
  CHECK_ERROR(ebb::broadcast_shape({2, 3}, {2}), "shapes [2, 3] and [2] do not broadcast: 3 against 2 at axis -1");
  CHECK_ERROR(ebb::broadcast_shape({0, 3}, {2, 3}), "0 against 2 at axis -2");
}

TEST_CASE("expand and two-sided ops read the elements that broadcasting pairs") {
  RandomCases random(1);
  for (int round = 0; round < 200; ++round) {
    const Shape shape = random.shape(0, 5);
    const Tensor<double> a = random.values(narrower(random, shape)), b = random.values(narrower(random, shape));
    CAPTURE(to_string(shape));
    CAPTURE(to_string(a.shape()));
    CAPTURE(to_string(b.shape()));
    const Tensor<double> expanded = ebb::expand(a, shape), difference = a - b;
    bool same = expanded.shape() == shape && difference.shape() == ebb::broadcast_shape(a.shape(), b.shape());
    for_each_index(
        shape, [&](const Indices& at) { same = same && element(expanded, at) == element(a, narrowed(at, a.shape())); });
    for_each_index(difference.shape(), [&](const Indices& at) {
      same =
          same && element(difference, at) == element(a, narrowed(at, a.shape())) - element(b, narrowed(at, b.shape()));
    });
    CHECK(same);
  }
}

TEST_CASE("sum_to sums over what expand repeats") {
  RandomCases random(2);
  for (int round = 0; round < 200; ++round) {
    const Tensor<double> x = random.values(random.shape(0, 5));
    const Shape shape = narrower(random, x.shape());
    CAPTURE(to_string(x.shape()));
    CAPTURE(to_string(shape));
    const Tensor<double> y = ebb::sum_to(x, shape);
    std::vector<double> sums(static_cast<std::size_t>(shape.size()));
    for_each_index(x.shape(), [&](const Indices& at) {
      ebb::Index place = 0;
      const Indices to = narrowed(at, shape);
      for (int axis = 0; axis < shape.rank(); ++axis) place = place * shape[axis] + to[static_cast<std::size_t>(axis)];
      sums[static_cast<std::size_t>(place)] += element(x, at);
    });
    REQUIRE(y.shape() == shape);
    for (std::size_t i = 0; i < sums.size(); ++i) CHECK(y.data()[i] == doctest::Approx(sums[i]).epsilon(1e-12));
  }
}

TEST_CASE("expand and sum_to refuse shapes that do not broadcast to one another") {
  const Tensor<double> x = ebb::ones<double>({2, 3});
  CHECK_ERROR(ebb::expand(x, {2, 1}), "expand: shape [2, 3] cannot be expanded to [2, 1]");
  CHECK_ERROR(ebb::expand(x, {3, 2}), "expand: shape [2, 3] cannot be expanded to [3, 2]");
  CHECK_ERROR(ebb::sum_to(x, {4, 2, 3}), "sum_to: shape [2, 3] cannot be summed to [4, 2, 3]");
}

TEST_CASE("derivatives of expand and sum_to") {
  RandomCases random(3);
  const std::vector<std::pair<Shape, Shape>> narrow_and_wide{
      {{}, {}}, {{}, {2, 3}}, {{3, 1}, {3, 4}}, {{1, 2}, {3, 4, 2}}, {{1}, {0, 2}}, {{2}, {1, 2}}};
  for (const auto& shapes : narrow_and_wide) {
    const Shape &narrow = shapes.first, &wide = shapes.second;
    CAPTURE(to_string(narrow));
    CAPTURE(to_string(wide));
    check_gradients([&](const Values& x) { return square(ebb::expand(x[0], wide)); }, {random.values(narrow)});
    check_gradients([&](const Values& x) { return square(ebb::sum_to(x[0], narrow)); }, {random.values(wide)});
  }
}

TEST_CASE("large results of broadcasting agree with the definition, on any number of threads") {
  const std::vector<std::pair<ebb::Shape, ebb::Shape>> pairs{
      {{300, 301}, {300, 301}}, {{300, 301}, {301}},  {{300, 301}, {300, 1}}, {{300, 301}, {}},
      {{1, 301}, {300, 1}},     {{7, 30001}, {7, 1}}, {{30001, 3}, {3}},      {{17, 5, 1, 101}, {5, 11, 1}}};
  for (const auto& pair : pairs) {
    const auto a = ebb::uniform<float>(pair.first, {.seed = 3}), b = ebb::uniform<float>(pair.second, {.seed = 4});
    const auto difference = [a, b] { return a - b; };
    CAPTURE(to_string(a.shape()));
    CHECK(same_on_any_number_of_threads(difference));
    const auto y = difference(), left = expand(a, y.shape()), right = expand(b, y.shape());
    bool all = true;
    for (ebb::Index i = 0; i < y.size(); ++i) all = all && y.data()[i] == left.data()[i] - right.data()[i];
    CHECK(all);
    all = true;
    const auto less = a < b;
    for (ebb::Index i = 0; i < y.size(); ++i) all = all && (less.data()[i] != 0) == (left.data()[i] < right.data()[i]);
    CHECK(all);
  }
}
