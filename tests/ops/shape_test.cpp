#include <vector>

#include "support/check.hpp"
#include "support/random_cases.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using Numbers = std::vector<double>;

}  // namespace

TEST_CASE("reshape keeps the elements in order, shares the buffer and works one extent out") {
  const Tensor<double> x = counting({2, 6});
  const Tensor<double> y = ebb::reshape(x, {3, -1, 2});
  CHECK(y.shape() == Shape{3, 2, 2});
  CHECK(y.to_vector() == x.to_vector());
  CHECK(y.value().shares_buffer_with(x.value()));
  CHECK(ebb::reshape(x, -1).shape() == Shape{12});
  CHECK(ebb::reshape(ebb::ones<double>({1}), Shape{}).rank() == 0);
  CHECK(ebb::reshape(ebb::ones<double>({0, 3}), {5, -1}).shape() == Shape{5, 0});
}

TEST_CASE("reshape refuses shapes that do not fit, with both") {
  const Tensor<double> x = counting({2, 3});
  CHECK_ERROR(ebb::reshape(x, {4, 2}), "reshape: [2, 3] (6 elements) does not fit the shape [4, 2]");
  CHECK_ERROR(ebb::reshape(x, {4, -1}), "does not fit the shape [4, -1]");
  CHECK_ERROR(ebb::reshape(x, {-1, -1}), "at most one extent may be -1");
  CHECK_ERROR(ebb::reshape(x, {-2, 3}), "at most one extent may be -1, none below");
  CHECK_ERROR(ebb::reshape(ebb::ones<double>({0, 3}), {0, -1}), "does not fit");
  const ebb::Index many = 1 << 16;
  CHECK_ERROR(ebb::reshape(x, {many, many, many, many}), "more elements than can be counted");
}

TEST_CASE("permute moves the axes to where they are told") {
  const Tensor<double> y = ebb::permute(counting({2, 3, 4}), {2, 0, -2});
  CHECK(y.shape() == Shape{4, 2, 3});
  CHECK(y.at({3, 1, 2}) == 1 * 12 + 2 * 4 + 3);
  RandomCases random(1);
  for (int round = 0; round < 200; ++round) {
    const Tensor<double> x = random.values(random.shape(0, 6));
    const Axes order = random.order_of_axes(x.shape());
    CAPTURE(to_string(x.shape()));
    CAPTURE(to_string(order));
    const Tensor<double> moved = ebb::permute(x, order);
    bool same = true;
    for_each_index(moved.shape(), [&](const Indices& at) {
      Indices from(at.size());
      for (int axis = 0; axis < x.rank(); ++axis)
        from[static_cast<std::size_t>(x.shape().normalized(static_cast<int>(order[axis])))] =
            at[static_cast<std::size_t>(axis)];
      same = same && element(moved, at) == element(x, from);
    });
    CHECK(same);
  }
}

TEST_CASE("permuting there and back again is the identity, also for arrays of many tiles") {
  const Tensor<double> x = RandomCases(2).values({3, 50, 7, 37});
  const std::vector<std::pair<Axes, Axes>> there_and_back{{{0, 2, 1, 3}, {0, 2, 1, 3}},
                                                          {{0, 1, 3, 2}, {0, 1, 3, 2}},
                                                          {{3, 2, 1, 0}, {3, 2, 1, 0}},
                                                          {{1, 3, 0, 2}, {2, 0, 3, 1}},
                                                          {{2, 3, 0, 1}, {2, 3, 0, 1}}};
  for (const auto& [there, back] : there_and_back) {
    const Tensor<double> y = ebb::permute(x, there);
    CHECK(y.shape() == Shape{x.extent(static_cast<int>(there[0])), x.extent(static_cast<int>(there[1])),
                             x.extent(static_cast<int>(there[2])), x.extent(static_cast<int>(there[3]))});
    CHECK(y.to_vector() != x.to_vector());
    CHECK(ebb::permute(y, back).to_vector() == x.to_vector());
  }
}

TEST_CASE("permute refuses what is no order of the axes") {
  const Tensor<double> x = counting({2, 3});
  CHECK_ERROR(ebb::permute(x, {0, -2}), "permute: the axes [0, -2] name axis 0 of [2, 3] twice");
  CHECK_ERROR(ebb::permute(x, {0}), "permute: the axes [0] are no order of those of [2, 3]: each must be named");
  CHECK_ERROR(ebb::permute(x, {0, 2}), "no axis 2");
}

TEST_CASE("transpose swaps the last two axes, or those named") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::transpose(x).to_vector() == Numbers{1, 4, 2, 5, 3, 6});
  CHECK(ebb::transpose(counting({2, 3, 4}), 0, 1).shape() == Shape{3, 2, 4});
  CHECK(ebb::transpose(x, 1, 1).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::transpose(ebb::ones<double>({3})), "transpose: there is no axis -2");
}

TEST_CASE("derivatives of reshape, permute and transpose") {
  RandomCases random(3);
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 0, 3}}) {
    const Values x{random.values(shape)};
    check_gradients([](const Values& v) { return square(ebb::reshape(v[0], {1, v[0].size(), 1})); }, x);
    check_gradients([](const Values& v) { return square(ebb::permute(v[0], {2, 0, 1})); }, x);
    check_gradients([](const Values& v) { return square(ebb::transpose(v[0], 0, -1)); }, x);
  }
}

TEST_CASE("squeeze drops axes of extent 1, unsqueeze puts one in") {
  const Tensor<double> x = counting({1, 3, 1, 2});
  CHECK(ebb::squeeze(x).shape() == Shape{3, 2});
  CHECK(ebb::squeeze(x, -2).shape() == Shape{1, 3, 2});
  CHECK(ebb::squeeze(x, {0, 2}).to_vector() == x.to_vector());
  CHECK(ebb::squeeze(ebb::ones<double>({1, 0})).shape() == Shape{0});
  CHECK(ebb::unsqueeze(x, 0).shape() == Shape{1, 1, 3, 1, 2});
  CHECK(ebb::unsqueeze(x, -1).shape() == Shape{1, 3, 1, 2, 1});
  CHECK(ebb::unsqueeze(ebb::ones<double>({}), 0).shape() == Shape{1});
  CHECK_ERROR(ebb::squeeze(x, {0, 1}), "squeeze: axis 1 of [1, 3, 1, 2] cannot be dropped: its extent is not 1");
  CHECK_ERROR(ebb::squeeze(x, {0, -4}), "twice");
  CHECK_ERROR(ebb::unsqueeze(x, 6), "unsqueeze: no place for an axis at 6");
}

TEST_CASE("derivatives of squeeze and unsqueeze") {
  RandomCases random(4);
  for (const Shape& shape : {Shape{1, 3}, Shape{1, 1}, Shape{1, 0}}) {
    const Values x{random.values(shape)};
    check_gradients([](const Values& v) { return square(ebb::squeeze(v[0])); }, x);
    check_gradients([](const Values& v) { return square(ebb::squeeze(v[0], 0)); }, x);
    check_gradients([](const Values& v) { return square(ebb::unsqueeze(v[0], 1)); }, x);
  }
}

TEST_CASE("large copies agree with the definition, on any number of threads") {
  const auto check = [](const ebb::Shape& shape, const ebb::Axes& order) {
    const auto x = ebb::uniform<float>(shape, {.seed = 8});
    const auto permuted = [&] { return permute(x, order); };
    CAPTURE(to_string(shape));
    CHECK(same_on_any_number_of_threads(permuted));
    const auto y = permuted();
    std::vector<ebb::Index> step(8, 1);  // in x, of each axis of y
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (int inner = static_cast<int>(order[axis]) + 1; inner < shape.rank(); ++inner)
        step[ebb::to_size(axis)] *= shape[inner];
    bool all = true;
    for (ebb::Index i = 0; i < y.size(); ++i) {
      ebb::Index from = 0, rest = i;
      for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        from += rest % y.shape()[axis] * step[ebb::to_size(axis)];
        rest /= y.shape()[axis];
      }
      all = all && y.data()[i] == x.data()[from];
    }
    CHECK(all);
  };
  check({301, 203}, {1, 0});
  check({4, 65, 3, 64}, {0, 2, 1, 3});
  check({3, 65, 5, 67}, {0, 2, 3, 1});
  check({3, 120, 130}, {2, 1, 0});
}

TEST_CASE("tile repeats a tensor along its axes") {
  const Tensor<double> x({2}, {1, 2});
  CHECK(ebb::tile(x, {2}).to_vector() == std::vector<double>{1, 2, 1, 2});
  CHECK(ebb::tile(x, {2, 1}).shape() == Shape{2, 2});
  CHECK(ebb::tile(Tensor<double>({2, 1}, {1, 2}), {2}).to_vector() == std::vector<double>{1, 1, 2, 2});
  CHECK(ebb::tile(x, {0}).shape() == Shape{0});
  CHECK(ebb::tile(ebb::zeros<double>({0, 2}), {3, 1}).shape() == Shape{0, 2});
  CHECK(ebb::tile(ebb::full<double>({}, 7), {3}).to_vector() == std::vector<double>{7, 7, 7});
  CHECK_ERROR(ebb::tile(x, {-1}), "tile: x cannot be repeated [-1] times", "shape_test.cpp:");
}

TEST_CASE("derivatives of tile") {
  for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 1}, Shape{0, 2}})
    check_gradients([](const Values& x) { return square(ebb::tile(x[0], {2, 1, 3})); }, {sample(shape)});
}
