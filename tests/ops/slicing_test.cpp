#include <limits>
#include <optional>

#include "support/check.hpp"
#include "support/random_cases.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using Numbers = std::vector<double>;

/// The indices that a slice takes by Python's range: step by step, from the definition.
Indices python_slice(Index extent, Range range) {
  const bool forward = range.step > 0;
  const auto place = [&](std::optional<Index> given, Index otherwise) {
    if (!given) return otherwise;
    const Index i = *given < 0 ? *given + extent : *given;
    if (i < 0) return forward ? Index{0} : Index{-1};
    if (i >= extent) return forward ? extent : extent - 1;
    return i;
  };
  const Index start = place(range.start, forward ? 0 : extent - 1), stop = place(range.stop, forward ? extent : -1);
  Indices taken;
  for (Index i = start; forward ? i < stop : i > stop; i += range.step) taken.push_back(i);
  return taken;
}

std::optional<Index> some_bound(RandomCases& random) {
  if (random.integer(0, 3) == 0) return std::nullopt;
  return random.integer(-7, 7);
}

}  // namespace

TEST_CASE("slice takes what Python's slices take") {
  const Tensor<double> x = ebb::arange<double>(0, 5);
  CHECK(ebb::slice(x, 0, {1, 3}).to_vector() == Numbers{1, 2});
  CHECK(ebb::slice(x, 0, {-2, {}}).to_vector() == Numbers{3, 4});
  CHECK(ebb::slice(x, 0, {{}, {}, 2}).to_vector() == Numbers{0, 2, 4});
  CHECK(ebb::slice(x, 0, {{}, {}, -2}).to_vector() == Numbers{4, 2, 0});
  CHECK(ebb::slice(x, 0, {3, 0, -1}).to_vector() == Numbers{3, 2, 1});
  CHECK(ebb::slice(x, 0, {4, 100}).to_vector() == Numbers{4});
  CHECK(ebb::slice(x, 0, {-10'000'000'000, 10'000'000'000, 10'000'000'000}).to_vector() == Numbers{0});
  CHECK(ebb::slice(x, 0, {3, 1}).shape() == Shape{0});
  CHECK(ebb::slice(ebb::zeros<double>({0}), 0, {{}, {}, -1}).shape() == Shape{0});
  CHECK_ERROR(ebb::slice(x, 0, {0, 1, 0}), "slice: the step must not be 0");
  CHECK_ERROR(ebb::slice(x, 1, {0, 1}), "slice: there is no axis 1 in shape [5]");
}

TEST_CASE("slices of random arrays hold the elements that a loop picks") {
  RandomCases random(1);
  for (int round = 0; round < 500; ++round) {
    const Tensor<double> x = random.values(random.shape(1, 4));
    const int axis = random.integer(-x.rank(), x.rank() - 1);
    const int step = random.integer(1, 3) * (random.integer(0, 1) == 0 ? 1 : -1);
    const Range range{some_bound(random), some_bound(random), step};
    const std::size_t along = static_cast<std::size_t>(x.shape().normalized(axis));
    const Indices taken = python_slice(x.extent(axis), range);
    CAPTURE(to_string(x.shape()));
    CAPTURE(axis);
    CAPTURE(range.start.value_or(-99));
    CAPTURE(range.stop.value_or(-99));
    CAPTURE(range.step);
    const Tensor<double> y = ebb::slice(x, axis, range);
    REQUIRE(y.shape() == x.shape().with(axis, static_cast<Index>(taken.size())));
    bool same = true;
    for_each_index(y.shape(), [&](const Indices& at) {
      Indices from = at;
      from[along] = taken[static_cast<std::size_t>(at[along])];
      same = same && element(y, at) == element(x, from);
    });
    CHECK(same);
  }
}

TEST_CASE("pad puts a value around an axis") {
  const Tensor<double> x({2, 2}, {1, 2, 3, 4});
  CHECK(ebb::pad(x, 1, 1, 2).to_vector() == Numbers{0, 1, 2, 0, 0, 0, 3, 4, 0, 0});
  CHECK(ebb::pad(x, 0, 1, 0, 7).to_vector() == Numbers{7, 7, 1, 2, 3, 4});
  CHECK(ebb::pad(ebb::zeros<double>({0}), 0, 1, 1, 5).to_vector() == Numbers{5, 5});
  CHECK_ERROR(ebb::pad(x, 0, -1, 0), "pad: cannot put -1 elements before and 0 after; slice()");
}

TEST_CASE("flip reverses the axes that it is given") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::flip(x, 1).to_vector() == Numbers{3, 2, 1, 6, 5, 4});
  CHECK(ebb::flip(x, 0).to_vector() == Numbers{4, 5, 6, 1, 2, 3});
  CHECK(ebb::flip(x, {0, -1}).to_vector() == Numbers{6, 5, 4, 3, 2, 1});
  CHECK(ebb::flip(x, Axes{}).to_vector() == x.to_vector());
  CHECK(ebb::flip(ebb::zeros<double>({2, 0}), {0, 1}).shape() == Shape{2, 0});
  CHECK_ERROR(ebb::flip(x, {1, 1}), "flip: the axes [1, 1] name axis 1 of [2, 3] twice");
  RandomCases random(2);
  for (int round = 0; round < 100; ++round) {
    const Tensor<double> from = random.values(random.shape(1, 4));
    const int axis = random.integer(0, from.rank() - 1);
    CAPTURE(to_string(from.shape()));
    CAPTURE(axis);
    CHECK(ebb::flip(from, axis).to_vector() == ebb::slice(from, axis, {{}, {}, -1}).to_vector());
  }
}

TEST_CASE("concatenate refuses to make an axis longer than can be") {
  const Tensor<double> x = ebb::zeros<double>({std::numeric_limits<std::int32_t>::max(), 0});
  CHECK_ERROR(ebb::concatenate<double>({x, x}, 0), "concatenate: an extent of 4294967294");
}

TEST_CASE("concatenate joins along an axis, empty parts too") {
  const Tensor<double> a({2, 1}, {1, 2}), b({2, 2}, {3, 4, 5, 6}), none = ebb::zeros<double>({2, 0});
  CHECK(ebb::concatenate<double>({a, b}, 1).to_vector() == Numbers{1, 3, 4, 2, 5, 6});
  CHECK(ebb::concatenate<double>({none, b, none}, -1).to_vector() == b.to_vector());
  CHECK(ebb::concatenate<double>({none, none}, 1).shape() == Shape{2, 0});
  CHECK(ebb::concatenate<double>({b, b}, 0).to_vector() == Numbers{3, 4, 5, 6, 3, 4, 5, 6});
  CHECK_ERROR(ebb::concatenate<double>({a, b}, 0),
              "concatenate: [2, 1] and [2, 2] cannot be joined along axis 0: their other extents must agree");
  CHECK_ERROR(ebb::concatenate<double>({a, ebb::ones<double>({2})}, 0), "cannot be joined");
  CHECK_ERROR(ebb::concatenate<double>({}, 0), "concatenate: there is nothing to join");
}

TEST_CASE("stack joins tensors of one shape along a new axis") {
  const Tensor<double> a({2}, {1, 2}), b({2}, {3, 4});
  CHECK(ebb::stack<double>({a, b}).to_vector() == Numbers{1, 2, 3, 4});
  CHECK(ebb::stack<double>({a, b}, -1).to_vector() == Numbers{1, 3, 2, 4});
  CHECK(ebb::stack<double>({ebb::ones<double>({}), ebb::zeros<double>({})}).shape() == Shape{2});
  CHECK_ERROR(ebb::stack<double>({a, ebb::ones<double>({3})}),
              "stack: [2] and [3] cannot be stacked: they must have one shape; concatenate()");
  CHECK_ERROR(ebb::stack<double>({}), "stack: there is nothing to join");
}

TEST_CASE("split cuts into equal parts or given ones, with the caller's line in what it refuses") {
  const Tensor<double> x = counting({2, 4});
  const auto halves = ebb::split(x, 2, 1);
  REQUIRE(halves.size() == 2);
  CHECK(halves[1].to_vector() == Numbers{2, 3, 6, 7});
  const auto parts = ebb::split(x, {1, 0, 3}, -1);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].to_vector() == Numbers{0, 4});
  CHECK(parts[1].shape() == Shape{2, 0});
  CHECK(parts[2].to_vector() == Numbers{1, 2, 3, 5, 6, 7});
  CHECK_ERROR(ebb::split(x, 3, 1),
              "split: axis 1 of [2, 4] cannot be cut into 3 equal parts; give their extents instead",
              "slicing_test.cpp:");
  CHECK_ERROR(ebb::split(x, 0, 1), "into 0 equal parts");
  CHECK(ebb::split(ebb::zeros<double>({0}), 3, 0).size() == 3);
  CHECK_ERROR(ebb::split(ebb::zeros<double>({0}), 1'000'000'000'000, 0),
              "split: axis 0 of [0] cannot be cut into 1000000000000 equal parts");
  CHECK_ERROR(ebb::split(x, {1, 2}, 1),
              "split: axis 1 of [2, 4] cannot be cut into parts of extents [1, 2], which must add up to it");
  CHECK_ERROR(ebb::split(x, {5, -1}, 1), "[5, -1]");
  CHECK_ERROR(ebb::split(x, 2, 2), "split: there is no axis 2");
}

TEST_CASE("what was split or taken apart joins to what it was") {
  RandomCases random(3);
  for (int round = 0; round < 200; ++round) {
    const Tensor<double> x = random.values(random.shape(1, 5));
    const int axis = random.integer(-x.rank(), x.rank() - 1);
    std::vector<Index> extents;
    for (Index rest = x.extent(axis); rest > 0; rest -= extents.back())
      extents.push_back(random.integer(0, static_cast<int>(rest)));
    if (extents.empty()) extents.push_back(0);
    CAPTURE(to_string(x.shape()));
    CAPTURE(axis);
    CAPTURE(extents.size());
    const Tensor<double> joined = ebb::concatenate(ebb::split(x, extents, axis), axis);
    CHECK(joined.shape() == x.shape());
    CHECK(joined.to_vector() == x.to_vector());
    if (x.extent(axis) == 0) continue;
    std::vector<Tensor<double>> slices;
    for (const auto& slice : ebb::split(x, x.extent(axis), axis)) slices.push_back(ebb::squeeze(slice, axis));
    CHECK(ebb::stack(slices, axis).to_vector() == x.to_vector());
  }
}

TEST_CASE("derivatives of slice, pad and flip") {
  RandomCases random(4);
  const std::vector<Range> ranges{{1, 3}, {{}, {}, 2},  {{}, {}, -1}, {-1, 0, -2}, {2, {}, -2},
                                  {2, 2}, {-9, {}, -1}, {1, 99},      {{}, {}, 3}};
  for (const Range& range : ranges) {
    CAPTURE(range.start.value_or(-99));
    CAPTURE(range.stop.value_or(-99));
    CAPTURE(range.step);
    for (const auto& [shape, axis] : {std::pair{Shape{4}, 0}, {Shape{2, 5, 2}, 1}, {Shape{0, 3}, -1}, {Shape{1}, 0}}) {
      const int along = axis;
      check_gradients([&](const Values& v) { return square(ebb::slice(v[0], along, range)); }, {random.values(shape)});
    }
  }
  for (const Shape& shape : {Shape{2, 3}, Shape{1, 1}, Shape{0, 2}}) {
    const Values x{random.values(shape)};
    check_gradients([](const Values& v) { return square(ebb::pad(v[0], 1, 2, 1, 3)); }, x);
    check_gradients([](const Values& v) { return square(ebb::pad(v[0], 0, 0, 1)); }, x);
    check_gradients([](const Values& v) { return square(ebb::flip(v[0], {0, 1}) + v[0]); }, x);
  }
}

TEST_CASE("derivatives of concatenate, stack and split") {
  RandomCases random(5);
  const auto joined = [](const Values& v) { return square(ebb::concatenate(v, -2)); };
  check_gradients(joined, {random.values({1, 2}), random.values({3, 2}), random.values({0, 2})});
  check_gradients(joined, {random.values({2, 1, 1})});
  const auto stacked = [](const Values& v) { return square(ebb::stack(v, 1)); };
  check_gradients(stacked, {random.values({3, 2}), random.values({3, 2})});
  check_gradients(stacked, {random.values({0}), random.values({0})});
  check_gradients(
      [](const Values& v) {
        const auto parts = ebb::split(v[0], 3, 1);
        return parts[0] * parts[2];  // one part unused
      },
      {random.values({2, 6})});
  const Tensor<double> constant = random.values({2});
  check_gradients(
      [&](const Values& v) {
        return square(ebb::concatenate<double>({constant, v[0], v[0]}, 0));
      },
      {random.values({3})});
}

TEST_CASE("a slice along several axes at once") {
  const Tensor<double> x = counting({2, 3, 2});
  CHECK(ebb::slice(x, {{0, 1}, {.step = 2}}).to_vector() == std::vector<double>{0, 1, 4, 5});
  CHECK(ebb::slice(x, {{}, {}, {.step = -1}}).at({0, 0, 0}) == 1);
  CHECK(ebb::slice(x, {{1, {}}}).shape() == Shape{1, 3, 2});
  CHECK_ERROR(ebb::slice(x, {{}, {}, {}, {}}), "slice: 4 ranges are more than the axes of [2, 3, 2]",
              "slicing_test.cpp:");
}

TEST_CASE("select takes one index of an axis, and drops the axis") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::select(x, 0, 1).to_vector() == std::vector<double>{4, 5, 6});
  CHECK(ebb::select(x, 1, -1).to_vector() == std::vector<double>{3, 6});
  CHECK(ebb::select(x, 1, 0).shape() == Shape{2});
  CHECK_ERROR(ebb::select(x, 1, 3), "select: there is no index 3 along axis 1 of [2, 3]");
  CHECK_ERROR(ebb::select(x, 1, -4), "select: there is no index -4");
}

TEST_CASE("unbind undoes stack") {
  const Tensor<double> x({2, 2}, {1, 2, 3, 4});
  const auto rows = ebb::unbind(x), columns = ebb::unbind(x, 1);
  CHECK(rows.size() == 2);
  CHECK(rows[1].to_vector() == std::vector<double>{3, 4});
  CHECK(columns[1].to_vector() == std::vector<double>{2, 4});
  CHECK(ebb::stack(columns, 1).to_vector() == x.to_vector());
  CHECK(ebb::unbind(ebb::zeros<double>({0, 2})).empty());
}

TEST_CASE("roll brings in at one end what leaves at the other") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::roll(x, 1, 1).to_vector() == std::vector<double>{3, 1, 2, 6, 4, 5});
  CHECK(ebb::roll(x, -1, 1).to_vector() == std::vector<double>{2, 3, 1, 5, 6, 4});
  CHECK(ebb::roll(x, 7, 0).to_vector() == std::vector<double>{4, 5, 6, 1, 2, 3});
  CHECK(ebb::roll(ebb::zeros<double>({0}), 1, 0).shape() == Shape{0});
}

TEST_CASE("derivatives of slices along several axes, select, unbind and roll") {
  for (const Shape& shape : {Shape{2, 3}, Shape{1, 1}, Shape{3, 2, 2}}) {
    CAPTURE(to_string(shape));
    check_gradients([](const Values& x) { return square(ebb::slice(x[0], {{0, 2}, {.step = -1}})); }, {sample(shape)});
    check_gradients([](const Values& x) { return square(ebb::select(x[0], 1, -1)); }, {sample(shape)});
    check_gradients([](const Values& x) { return square(ebb::unbind(x[0], 1)[0]); }, {sample(shape)});
    check_gradients([](const Values& x) { return square(ebb::roll(x[0], 2, 0)); }, {sample(shape)});
  }
}

TEST_CASE("gradients of many slices of one tensor, with steps and overlaps, add up in place") {
  const Tensor<double> x0 = ebb::normal<double>({6, 5}, ebb::Key(1));
  const auto f = [](const Tensor<double>& x) {
    Tensor<double> y = sum(square(ebb::slice(x, 0, {1, 4})));
    y += sum(ebb::slice(x, 1, {std::nullopt, std::nullopt, -2}) * 3);
    y += sum(square(ebb::slice(x, 0, {3, 6, 2})));
    for (const auto& column : ebb::split(x, 5, 1)) y += sum(column * column * column);
    return y + sum(ebb::slice(x, 0, {2, 2}));
  };
  Tape<double> tape;
  const Tensor<double> x = tape.watch(x0), y = f(x);
  const Tensor<double> composed = grad(y, x, {.create_graph = true});  // by sums of whole arrays
  tape.backward(y);
  CHECK(max(abs(tape.gradient(x) - composed)).item() < 1e-14);
  CHECK(ebb::gradcheck([&](const std::vector<Tensor<double>>& v) { return f(v[0]); }, {x0}).passed);
}

TEST_CASE("ravel makes one vector of tensors, and unravel takes it apart again") {
  const Tensor<double> a{{1, 2}, {3, 4}}, b({}, {5}), c({0}, {});
  const Tensor<double> vector = ebb::ravel<double>({a, b, c});
  CHECK(vector.to_vector() == Numbers{1, 2, 3, 4, 5});
  const auto parts = ebb::unravel(vector, {a, b, c});
  CHECK(parts.size() == 3);
  CHECK(parts[0].shape() == Shape{2, 2});
  CHECK(parts[0].to_vector() == a.to_vector());
  CHECK(parts[1].item() == 5);
  CHECK(parts[2].shape() == Shape{0});
  CHECK_ERROR(ebb::unravel(vector, {a}), "which must add up to it");
  const auto f = [&](const std::vector<Tensor<double>>& x) {
    const auto cut = ebb::unravel(ebb::ravel<double>({x[0], x[1]}), std::vector<Shape>{{4}, {1}});
    return sum(square(cut[0])) * cut[1];
  };
  CHECK(ebb::gradcheck(f, {a, b}).passed);
}
