#include <algorithm>
#include <cmath>
#include <limits>

#include "support/check.hpp"
#include "support/random_cases.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

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
  CHECK_ERROR(ebb::mean(ebb::zeros<double>({2, 0}), 1), "mean: there is nothing to reduce in shape [2, 0]");
  CHECK(ebb::mean(ebb::zeros<double>({0, 2}), 1).shape() == Shape{0});
}

TEST_CASE("reductions refuse axes that are not there or named twice") {
  const Tensor<double> x = ebb::ones<double>({2, 3});
  CHECK_ERROR(ebb::sum(x, 2), "sum: there is no axis 2 in shape [2, 3]");
  CHECK_ERROR(ebb::sum(x, {1, -1}), "the axes [1, -1] name axis 1 of [2, 3] twice");
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
  CHECK(std::string(tape[ebb::sum(x)].op->name) == "sum");
  CHECK(std::string(tape[ebb::mean(x, 0)].op->name) == "mean");
}

TEST_CASE("derivatives of sum and mean") {
  RandomCases random(1);
  for (const Reduced& reduced : reductions)
    for (const bool keep : {false, true}) {
      const Axes& over = reduced.axes;
      CAPTURE(to_string(reduced.shape));
      CAPTURE(to_string(over));
      const Values x{random.values(reduced.shape)};
      check_gradients([&](const Values& v) { return square(ebb::sum(v[0], over, {.keep = keep})); }, x);
      check_gradients([&](const Values& v) { return square(ebb::mean(v[0], over, {.keep = keep})); }, x);
    }
}

TEST_CASE("variance divides by n, or by n - correction") {
  const Tensor<double> x({2, 3}, {1, 2, 6, 4, 4, 4});
  CHECK(ebb::variance(x, 1).to_vector() == Numbers{14.0 / 3, 0});
  CHECK(ebb::variance(x, 1, {.correction = 1}).to_vector() == Numbers{7, 0});
  CHECK(ebb::variance(x, {0, 1}, {.keep = true}).shape() == Shape{1, 1});
  CHECK(ebb::variance(ebb::Tensor<double>({4}, {1, 2, 3, 4})).item() == 1.25);
  CHECK_ERROR(ebb::variance(x, 1, {.correction = 3}),
              "variance: a correction of 3 leaves nothing to divide by: 3 elements of [2, 3] go into each result");
  CHECK_ERROR(ebb::variance(ebb::zeros<double>({0})), "variance: there is nothing to reduce");
}

TEST_CASE("the variance of floats far from 0 is not lost to rounding") {
  const Tensor<float> x({4}, {10000.f, 10000.5f, 10001.f, 10001.5f});
  CHECK(ebb::variance(x).item() == 0.3125f);
}

TEST_CASE("max, min and argmax over axes") {
  const Tensor<double> x({2, 3}, {3, -1, 2, 5, 7, -8});
  CHECK(ebb::max(x).item() == 7);
  CHECK(ebb::min(x).item() == -8);
  CHECK(ebb::max(x, {0}).to_vector() == Numbers{5, 7, 2});
  CHECK(ebb::min(x, {1}, {.keep = true}).to_vector() == Numbers{-1, -8});
  CHECK(ebb::argmax(x).to_vector() == std::vector<std::int32_t>{0, 1});
  CHECK(ebb::argmax(x, 0).to_vector() == std::vector<std::int32_t>{1, 1, 0});
  CHECK(ebb::argmax(ebb::ones<double>({4}), 0).item() == 0);
}

TEST_CASE("reductions find the same as a loop, over axes of every length and place") {
  RandomCases random(7);
  for (int round = 0; round < 300; ++round) {
    const Shape shape =
        random.integer(0, 3) == 0 ? Shape{random.integer(1, 40), random.integer(1, 300)} : random.shape(1, 5);
    if (shape.size() == 0) continue;
    const Tensor<double> x = random.values(shape);
    Axes axes;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (random.integer(0, 1) == 0) axes.push_back(axis);
    CAPTURE(to_string(shape));
    CAPTURE(to_string(axes));
    Shape kept = shape;
    for (int axis : axes) kept = kept.with(axis, 1);
    Numbers sums(static_cast<std::size_t>(kept.size())), largest(sums.size(), -99), exponentials(sums.size());
    for_each_index(shape, [&](const Indices& at) {
      ebb::Index place = 0;
      for (int axis = 0; axis < shape.rank(); ++axis)
        place = place * kept[axis] + (kept[axis] == 1 ? 0 : at[static_cast<std::size_t>(axis)]);
      const std::size_t to = static_cast<std::size_t>(place);
      sums[to] += element(x, at);
      largest[to] = std::max(largest[to], element(x, at));
      exponentials[to] += std::exp(element(x, at));
    });
    const double n = static_cast<double>(shape.size() / kept.size());
    const Tensor<double> sum = ebb::sum(x, axes, {.keep = true}), mean = ebb::mean(x, axes),
                         logsumexp = ebb::logsumexp(x, axes);
    CHECK(sum.shape() == kept);
    CHECK(ebb::max(x, axes).to_vector() == largest);
    CHECK(ebb::min(-x, axes).to_vector() == (-Tensor<double>(kept, largest)).to_vector());
    bool close = true;
    for (std::size_t i = 0; i < sums.size(); ++i)
      close = close && std::abs(sum.data()[i] - sums[i]) < 1e-10 && std::abs(mean.data()[i] - sums[i] / n) < 1e-10 &&
              std::abs(logsumexp.data()[i] - std::log(exponentials[i])) < 1e-10;
    CHECK(close);
  }
}

TEST_CASE("max, min and argmax take a NaN for the extreme, wherever it stands") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (ebb::Index place = 0; place < 20; ++place) {
    std::vector<double> values(20, 1.0);
    values[static_cast<std::size_t>(place)] = nan;
    const Tensor<double> row({20}, values), column({20, 2}, [&] {
      std::vector<double> twice;
      for (double value : values) twice.insert(twice.end(), {value, 1});
      return twice;
    }());
    CHECK(std::isnan(ebb::max(row).item()));
    CHECK(std::isnan(ebb::min(row).item()));
    CHECK(ebb::argmax(row).item() == place);
    CHECK(std::isnan(ebb::max(column, {0}).at({0})));
    CHECK(ebb::max(column, {0}).at({1}) == 1);
  }
  // Which element the derivative belongs to is then unknown, so that it is NaN, not 0.
  CHECK(std::isnan(slope_at([](const auto& x) { return ebb::max(x); }, nan)));
  CHECK(std::isnan(slope_at([](const auto& x) { return ebb::min(x); }, nan)));
}

TEST_CASE("argmax and the cumulative sum of many lanes are the same on any number of threads") {
  const Tensor<float> x = ebb::uniform<float>({400, 300}, ebb::Key{3});
  for (const int axis : {0, 1}) {
    CHECK(same_on_any_number_of_threads([&] { return ebb::argmax(x, axis); }));
    CHECK(same_on_any_number_of_threads([&] { return ebb::cumulative_sum(x, axis); }));
  }
  // Each lane's place in the result, and what it found: max says the same on one thread.
  const Tensor<float> found = ebb::take_along_axis(x, ebb::IntArray(ebb::argmax(x, 1).reshaped({400, 1})), 1);
  CHECK(found.to_vector() == ebb::max(x, {1}).to_vector());
}

TEST_CASE("logsumexp neither overflows nor loses what is small") {
  const Tensor<double> x({2, 2}, {1000, 1000, -1000, -1000});
  CHECK(ebb::logsumexp(x, 1).at({0}) == doctest::Approx(1000 + std::log(2)));
  CHECK(ebb::logsumexp(x, 1).at({1}) == doctest::Approx(-1000 + std::log(2)));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(ebb::logsumexp(Tensor<double>({2}, {-infinity, -infinity})).item() == -infinity);
  CHECK(ebb::logsumexp(Tensor<double>({2}, {infinity, 0})).item() == infinity);
}

TEST_CASE("max, min, logsumexp and argmax of nothing are refused, unless no result is asked for") {
  const Tensor<double> x = ebb::zeros<double>({2, 0});
  CHECK_ERROR(ebb::max(x), "max: there is nothing to reduce in shape [2, 0]");
  CHECK_ERROR(ebb::min(x, {1}), "min: there is nothing to reduce in shape [2, 0]");
  CHECK_ERROR(ebb::logsumexp(x, -1), "logsumexp: there is nothing");
  CHECK_ERROR(ebb::argmax(x, 1), "argmax: there is nothing to reduce in shape [2, 0]", "reduction_test.cpp:");
  CHECK(ebb::max(x, {0}).shape() == Shape{0});
  CHECK(ebb::argmax(x, 0).shape() == Shape{0});
}

TEST_CASE("at the kink of max and min, the elements that are equal share the adjoint") {
  ebb::Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({2, 3}, {4, 1, 4, 2, 2, 2}));
  CHECK(ebb::grad(ebb::sum(ebb::max(x, {1})), x).to_vector() == Numbers{0.5, 0, 0.5, 1.0 / 3, 1.0 / 3, 1.0 / 3});
  CHECK(ebb::grad(ebb::min(x), x).to_vector() == Numbers{0, 1, 0, 0, 0, 0});
}

TEST_CASE("derivatives of variance, max, min and logsumexp") {
  RandomCases random(2);
  for (const Reduced& reduced : reductions)
    for (const bool keep : {false, true}) {
      const Axes& over = reduced.axes;
      CAPTURE(to_string(reduced.shape));
      CAPTURE(to_string(over));
      const Values x{random.values(reduced.shape)};
      check_gradients([&](const Values& v) { return square(ebb::variance(v[0], over, {.keep = keep})); }, x);
      check_gradients([&](const Values& v) { return square(ebb::max(v[0], over, {.keep = keep})); }, x);
      check_gradients([&](const Values& v) { return square(ebb::min(v[0], over, {.keep = keep})); }, x);
      check_gradients([&](const Values& v) { return square(ebb::logsumexp(v[0], over, {.keep = keep})); }, x);
    }
  check_gradients([](const Values& v) { return ebb::variance(v[0], 1, {.correction = 1}); }, {random.values({2, 4})});
}

TEST_CASE("reductions of sizes around those that are cut up agree with sums one by one") {
  const auto check = [](const ebb::Shape& shape, const ebb::Axes& axes) {
    const auto x = ebb::uniform<double>(shape, {.seed = 9}, -1, 1);
    const auto kept = sum(x, axes, {.keep = true});
    std::vector<double> sums(ebb::to_size(kept.size())), largest(sums.size(), -2);
    const auto place = ebb::expand(reshape(ebb::arange<double>(0, double(kept.size())), kept.shape()), shape);
    for (ebb::Index i = 0; i < x.size(); ++i) {
      const auto o = static_cast<std::size_t>(place.data()[i]);
      sums[o] += x.data()[i];
      largest[o] = std::max(largest[o], x.data()[i]);
    }
    const auto maxima = max(x, axes, {.keep = true});
    CAPTURE(to_string(shape));
    for (std::size_t o = 0; o < sums.size(); ++o) {
      CHECK(kept.data()[o] == doctest::Approx(sums[o]).epsilon(1e-9));
      CHECK(maxima.data()[o] == largest[o]);
    }
  };
  for (const ebb::Index n : {7, 8, 9, 31, 32, 33, 63, 64, 65, 100}) {
    check({3, n}, {1});
    check({n, 3}, {0});
    check({2, n, 3}, {1});
    check({2, n, 3}, {0, 2});
  }
  check({70001}, {0});     // one result, from several blocks
  check({300, 300}, {0});  // results in several tiles, each from several blocks
  check({40000, 2}, {0});
  check({2, 40000}, {1});
  check({3, 200, 300}, {0, 2});
  check({40, 9, 300}, {1});
}

TEST_CASE("large reductions are the same on any number of threads") {
  const auto x = ebb::normal<float>({301, 403}, {.seed = 10});
  for (const ebb::Axes& axes : {ebb::Axes{0}, ebb::Axes{1}, ebb::Axes{0, 1}}) {
    CHECK(same_on_any_number_of_threads([&] { return sum(x, axes); }));
    CHECK(same_on_any_number_of_threads([&] { return variance(x, axes); }));
    CHECK(same_on_any_number_of_threads([&] { return max(x, axes); }));
    CHECK(same_on_any_number_of_threads([&] { return logsumexp(x, axes); }));
  }
}

TEST_CASE("a NaN anywhere is the largest, the smallest and the first") {
  for (const ebb::Index n : {5, 40, 100})
    for (ebb::Index at = 0; at < n; at += 3) {
      std::vector<float> values(ebb::to_size(n), 1.0f);
      values[ebb::to_size(at)] = std::numeric_limits<float>::quiet_NaN();
      const ebb::Tensor<float> row({1, n}, values), column({n, 1}, values);
      CHECK(std::isnan(max(row, {1}).item()));
      CHECK(std::isnan(min(row, {1}).item()));
      CHECK(std::isnan(max(expand(column, {n, 2}), {0}).at({1})));
      CHECK(std::isnan(min(expand(column, {n, 2}), {0}).at({1})));
      CHECK(argmax(row, 1).item() == at);
      CHECK(argmax(expand(column, {n, 2}), 0).at({1}) == at);
    }
}

TEST_CASE("logsumexp of large equal numbers shares its gradient out whole, in float") {
  for (const double by : {1e8, -1e8, 1e30, 3e38}) {
    ebb::Tape<float> tape;
    const auto x = tape.watch(ebb::full<float>({100}, by));
    for (const float g : ebb::grad(ebb::logsumexp(x), x).to_vector()) CHECK(g == Approx(0.01).epsilon(1e-6));
  }
}

TEST_CASE("logsumexp of minus infinities has gradient 0, and of some beside numbers that of the numbers") {
  ebb::Tape<double> tape;
  const auto none = tape.watch(ebb::full<double>({3}, -INFINITY));
  CHECK(ebb::grad(ebb::logsumexp(none), none).to_vector() == std::vector<double>{0, 0, 0});
  const auto some = tape.watch(Tensor<double>({3}, {-INFINITY, 2, 2}));
  CHECK(ebb::grad(ebb::logsumexp(some), some).to_vector() == std::vector<double>{0, 0.5, 0.5});
}

TEST_CASE("the gradient of a variance far from zero counts from the exact mean, in float") {
  // Neighbouring floats at 1e4, whose mean is none: they are 2^-10 apart.
  ebb::Tape<float> tape;
  const float step = 0x1p-10f;
  const auto x = tape.watch(Tensor<float>({4}, {10000.0f, 10000.0f + step, 10000.0f, 10000.0f}));
  const auto g = ebb::grad(ebb::variance(x), x);
  CHECK(g.data()[0] == Approx(-0.5 * step / 4).epsilon(1e-6).scale(0));
  CHECK(g.data()[1] == Approx(0.5 * step * 3 / 4).epsilon(1e-6).scale(0));
}
