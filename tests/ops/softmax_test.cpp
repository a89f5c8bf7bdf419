#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

/// Shapes with the axes along which to go, among them empty ones, one element, and lanes of width 1.
const std::vector<std::pair<Shape, int>> lanes{{{5}, -1},    {{3, 4}, 1},    {{3, 4}, 0}, {{2, 3, 4}, 1},
                                               {{2, 9}, -1}, {{2, 3, 1}, 2}, {{1}, 0},    {{0, 4}, -1},
                                               {{4, 0}, -1}, {{2, 0, 3}, 0}};

}  // namespace

TEST_CASE("softmax of hand-computed logits") {
  // e^0 : e^ln2 : e^ln5 = 1 : 2 : 5
  check_values(ebb::softmax(Tensor<double>({3}, {0, std::log(2.0), std::log(5.0)})), {0.125, 0.25, 0.625});
}

TEST_CASE("softmax along any axis") {
  const double u = std::log(3.0);
  const Tensor<double> x({2, 2}, {0, u, u, 0});
  check_values(ebb::softmax(x, -1), {0.25, 0.75, 0.75, 0.25});
  check_values(ebb::softmax(Tensor<double>({2, 2}, {0, 0, u, 0}), 0), {0.25, 0.5, 0.75, 0.5});
}

TEST_CASE("softmax is the same along an axis as along the last one of the transpose") {
  const Tensor<double> x = sample({3, 5});
  std::vector<double> swapped(15);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 5; ++j) swapped[j * 3 + i] = x.to_vector()[i * 5 + j];
  const std::vector<double> columns = ebb::softmax(x, 0).to_vector();
  const std::vector<double> rows = ebb::softmax(Tensor<double>({5, 3}, std::span<const double>(swapped))).to_vector();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 5; ++j) CHECK(columns[i * 5 + j] == rows[j * 3 + i]);
}

TEST_CASE("softmax and log_softmax of large logits do not overflow, in float") {
  const Tensor<float> x({2, 3}, {1e4F, 0, -1e4F, 1e4F, 1e4F, -1e4F});
  CHECK(ebb::softmax(x).to_vector() == std::vector<float>{1, 0, 0, 0.5F, 0.5F, 0});
  const std::vector<float> y = ebb::log_softmax(x).to_vector();
  CHECK(y[0] == 0);
  CHECK(y[1] == -1e4F);
  CHECK(y[2] == -2e4F);
  CHECK(y[3] == doctest::Approx(-std::log(2.0)));
}

TEST_CASE("softmax of a long row in float sums to one") {
  const Tensor<float> y = ebb::softmax(ebb::uniform<float>({1, 100003}, ebb::Key{3}, -1, 1));
  double sum = 0;
  for (const float p : y.to_vector()) sum += static_cast<double>(p);
  CHECK(sum == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("log_softmax is the logarithm of softmax, where that does not vanish") {
  check_values(ebb::log_softmax(Tensor<double>({3}, {0, std::log(2.0), std::log(5.0)})),
               {std::log(0.125), std::log(0.25), std::log(0.625)});
  check_values(ebb::log_softmax(Tensor<double>({2, 1}, {0, std::log(3.0)}), 0), {std::log(0.25), std::log(0.75)});
}

TEST_CASE("softmax refuses an axis that is not there") {
  CHECK_ERROR(ebb::softmax(ebb::zeros<float>({2, 3}), 2), "softmax: there is no axis 2 in shape [2, 3]");
  CHECK_ERROR(ebb::log_softmax(ebb::zeros<float>({})), "log_softmax: there is no axis -1 in shape []");
}

TEST_CASE("derivatives of softmax and log_softmax") {
  for (const auto& lane : lanes) {
    const Shape& shape = lane.first;
    const int axis = lane.second;
    CAPTURE(to_string(shape));
    CAPTURE(axis);
    check_gradients([axis](const Values& x) { return ebb::softmax(x[0], axis); }, {sample(shape)});
    check_gradients([axis](const Values& x) { return ebb::log_softmax(x[0], axis); }, {sample(shape)});
  }
}

TEST_CASE("masked softmax shares out one among what the mask allows") {
  const Tensor<double> x({2, 3}, {0, std::log(3.0), 700, 1, 2, 3});
  check_values(ebb::softmax(x, IntArray({2, 3}, {1, 1, 0, 0, 0, 1})), {0.25, 0.75, 0, 0, 0, 1});
}

TEST_CASE("the mask of softmax broadcasts, along any axis") {
  const Tensor<double> x = sample({2, 3, 4});
  for (const Shape& mask_shape : {Shape{4}, Shape{3, 1}, Shape{2, 1, 4}, Shape{1, 3, 4}, Shape{}, Shape{2, 3, 4}})
    for (const int axis : {0, 1, 2}) {
      CAPTURE(to_string(mask_shape));
      CAPTURE(axis);
      const IntArray mask = ebb::uniform_integers(mask_shape, ebb::Key{7}, 0, 2);
      const Tensor<double> allowed = ebb::expand(ebb::to_tensor<double>(mask), x.shape());
      // e^x over what is allowed, divided by its sum; softmax(x) is e^x up to a factor that cancels.
      const Tensor<double> share = ebb::softmax(x, axis) * allowed;
      const Tensor<double> whole = ebb::expand(ebb::sum_to(share, x.shape().with(axis, 1)), x.shape());
      std::vector<double> expected;
      for (ebb::Index i = 0; i < x.size(); ++i)
        expected.push_back(share.data()[i] == 0 ? 0 : share.data()[i] / whole.data()[i]);
      check_values(ebb::softmax(x, mask, axis), expected);
    }
}

TEST_CASE("a fully masked row of softmax is zero, and so are its gradients of first and second order") {
  const IntArray mask({2, 3}, {0, 0, 0, 1, 0, 1});
  ebb::Tape<double> tape;
  const auto x = tape.watch(sample({2, 3}));
  const auto y = ebb::softmax(x, mask);
  for (ebb::Index j = 0; j < 3; ++j) CHECK(y.at({0, j}) == 0);
  const auto weights = sample({2, 3}, 5);
  const auto dx = ebb::grad(y, x, {.cotangent = weights, .create_graph = true});
  const auto ddx = ebb::grad(dx, x, {.cotangent = weights});
  for (ebb::Index j = 0; j < 3; ++j) {
    CHECK(dx.at({0, j}) == 0);
    CHECK(ddx.at({0, j}) == 0);
  }
  CHECK(dx.at({1, 0}) != 0);
  CHECK(dx.at({1, 1}) == 0);
  CHECK(ddx.at({1, 0}) != 0);
}

TEST_CASE("an undefined mask hides nothing from softmax") {
  const Tensor<double> x = sample({2, 3});
  CHECK(ebb::softmax(x, IntArray(), 0).to_vector() == ebb::softmax(x, 0).to_vector());
}

TEST_CASE("what the mask of softmax hides may be anything, infinite too") {
  const Tensor<double> x({3}, {0, INFINITY, NAN});
  CHECK(ebb::softmax(x, IntArray({3}, {1, 0, 0})).to_vector() == std::vector<double>{1, 0, 0});
}

TEST_CASE("a mask that does not broadcast to the logits is refused with both shapes") {
  CHECK_ERROR(ebb::softmax(ebb::zeros<float>({2, 3}), IntArray({2, 2}, 1)),
              "softmax: a mask of shape [2, 2] does not broadcast to [2, 3]");
  CHECK_ERROR(ebb::softmax(ebb::zeros<float>({3}), IntArray({2, 3}, 1)),
              "softmax: a mask of shape [2, 3] does not broadcast to [3]");
}

TEST_CASE("derivatives of masked softmax, with rows that are fully masked") {
  for (const auto& lane : lanes) {
    const Shape& shape = lane.first;
    const int axis = lane.second;
    CAPTURE(to_string(shape));
    CAPTURE(axis);
    const IntArray mask = ebb::uniform_integers(shape, ebb::Key{11}, 0, 2), none(shape, 0);
    check_gradients([&](const Values& x) { return ebb::softmax(x[0], mask, axis); }, {sample(shape)});
    check_gradients([&](const Values& x) { return ebb::softmax(x[0], none, axis); }, {sample(shape)});
  }
}

TEST_CASE("softmax and log_softmax, and their derivatives, are the same on any number of threads") {
  const auto x0 = ebb::uniform<float>({300, 301}, ebb::Key{1}), dy = ebb::uniform<float>({300, 301}, ebb::Key{2});
  for (const int axis : {0, 1}) {
    CHECK(same_on_any_number_of_threads([&] {
      ebb::Tape<float> tape;
      const auto x = tape.watch(x0);
      return ebb::grad(ebb::softmax(x, axis), x, {.cotangent = dy});
    }));
    CHECK(same_on_any_number_of_threads([&] {
      ebb::Tape<float> tape;
      const auto x = tape.watch(x0);
      return ebb::grad(ebb::log_softmax(x, axis), x, {.cotangent = dy});
    }));
  }
}

namespace {

/// Widths of rows around those of vectors, and around the unrolled and blocked loops of the kernels.
const std::vector<ebb::Index> widths{1,  2,  3,  4,  5,  7,   8,   9,    15,   16,   17,
                                     31, 33, 63, 64, 65, 127, 129, 1023, 1024, 1025, 2100};

/// The largest difference between the values of `f` in float and in double, and between their derivatives.
template <class F>
double difference_between_precisions(F f, const Shape& shape) {
  const auto run = [&]<class T>(T) {
    ebb::Tape<T> tape;
    const auto x = tape.watch(ebb::uniform<T>(shape, ebb::Key{1}, -4, 4));
    const auto y = f(x);
    const auto dx = ebb::grad(y, x, {.cotangent = ebb::uniform<T>(y.shape(), ebb::Key{2}, -1, 1)});
    std::vector<T> values = y.to_vector();
    for (const T v : dx.to_vector()) values.push_back(v);
    return values;
  };
  const auto in_float = run(float{});
  const auto in_double = run(double{});
  double largest = 0;
  for (std::size_t i = 0; i < in_double.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(in_float[i]) - in_double[i]));
  return largest;
}

}  // namespace

TEST_CASE("softmax of rows of any width is e^x over its sum") {
  for (const ebb::Index n : widths) {
    CAPTURE(n);
    const Tensor<double> x = sample({3, n}, 1, -30, 30);
    const IntArray mask = ebb::uniform_integers({3, n}, ebb::Key{5}, 0, 2);
    const std::vector<double> y = ebb::softmax(x).to_vector(), log_y = ebb::log_softmax(x).to_vector(),
                              kept = ebb::softmax(x, mask).to_vector();
    for (ebb::Index row = 0; row < 3; ++row) {
      double sum = 0, kept_sum = 0;
      for (ebb::Index i = row * n; i < (row + 1) * n; ++i) {
        sum += std::exp(x.data()[i]);
        if (mask.data()[i] != 0) kept_sum += std::exp(x.data()[i]);
      }
      for (ebb::Index i = row * n; i < (row + 1) * n; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const double power = std::exp(x.data()[i]);
        CHECK(y[at] == close_to(power / sum));
        CHECK(log_y[at] == doctest::Approx(x.data()[i] - std::log(sum)).epsilon(1e-12));
        if (mask.data()[i] != 0)
          CHECK(kept[at] == close_to(power / kept_sum));
        else
          CHECK(kept[at] == 0);
      }
    }
  }
}

TEST_CASE("derivatives of softmax and log_softmax of rows of any width") {
  for (const ebb::Index n : {3, 4, 7, 8, 9, 17, 33, 65}) {
    CAPTURE(n);
    const IntArray mask = ebb::uniform_integers({1, n}, ebb::Key{5}, 0, 2);
    check_gradients([](const Values& x) { return ebb::softmax(x[0]); }, {sample({1, n})});
    check_gradients([&](const Values& x) { return ebb::softmax(x[0], mask); }, {sample({1, n})});
    check_gradients([](const Values& x) { return ebb::log_softmax(x[0]); }, {sample({1, n})});
  }
}

TEST_CASE("softmax, log_softmax and their derivatives in float are those in double") {
  for (const ebb::Index n : widths) {
    CAPTURE(n);
    const IntArray mask = ebb::uniform_integers({3, n}, ebb::Key{5}, 0, 2);
    CHECK(difference_between_precisions([](const auto& x) { return ebb::softmax(x); }, {3, n}) < 1e-6);
    CHECK(difference_between_precisions([&](const auto& x) { return ebb::softmax(x, mask); }, {3, n}) < 1e-6);
    CHECK(difference_between_precisions([](const auto& x) { return ebb::softmax(x, 0); }, {n, 3}) < 1e-6);
    CHECK(difference_between_precisions([](const auto& x) { return ebb::log_softmax(x); }, {3, n}) < 2e-5);
  }
}

TEST_CASE("NaN or plus infinity in a row of softmax makes that row NaN, and no other") {
  for (const ebb::Index n : {5, 16, 17, 70})
    for (const ebb::Index place : {ebb::Index{0}, n / 2, n - 1})
      for (const float bad : {NAN, INFINITY}) {
        CAPTURE(n);
        CAPTURE(place);
        CAPTURE(bad);
        std::vector<float> values(static_cast<std::size_t>(3 * n), 1);
        values[static_cast<std::size_t>(n + place)] = bad;
        const Tensor<float> x({3, n}, std::span<const float>(values));
        const std::vector<float> y = ebb::softmax(x).to_vector(), log_y = ebb::log_softmax(x).to_vector();
        for (std::size_t i = 0; i < y.size(); ++i) {
          const bool in_row = static_cast<ebb::Index>(i) / n == 1;
          CHECK(std::isnan(y[i]) == in_row);
          CHECK((std::isnan(log_y[i]) || std::isinf(log_y[i])) == in_row);
        }
      }
}

TEST_CASE("minus infinity among the logits of softmax has no share") {
  for (const ebb::Index n : {2, 5, 16, 17, 70}) {
    CAPTURE(n);
    std::vector<float> values(static_cast<std::size_t>(n), 3);
    values.back() = -INFINITY;
    const std::vector<float> y = ebb::softmax(Tensor<float>({n}, std::span<const float>(values))).to_vector();
    CHECK(y.back() == 0);
    CHECK(y.front() == doctest::Approx(1.0 / static_cast<double>(n - 1)));
  }
}

TEST_CASE("a saturated softmax keeps its gradient, recorded or not, in float") {
  for (const bool recorded : {false, true})
    for (const float gap : {2.0f, 10.0f, 17.0f, 30.0f, 80.0f}) {
      CAPTURE(recorded);
      CAPTURE(gap);
      ebb::Tape<float> tape;
      const auto x = tape.watch(Tensor<float>({1, 3}, {0.0f, gap, 0.0f}));
      const Tensor<float> dy({1, 3}, {0.7f, 1.9f, 0.7f});
      const double e = std::exp(-static_cast<double>(gap)), p = e / (1 + 2 * e), ds = p * (1 - 2 * p) * (0.7 - 1.9);
      const auto g = ebb::grad(ebb::softmax(x), x, {.cotangent = dy, .create_graph = recorded});
      CHECK(g.data()[0] == Approx(ds).epsilon(1e-5).scale(0));
      CHECK(g.data()[1] == Approx(-2 * ds).epsilon(1e-5).scale(0));
    }
}

TEST_CASE("a logit of minus infinity has weight 0, and gradient 0, recorded or not") {
  for (const bool recorded : {false, true}) {
    ebb::Tape<double> tape;
    const auto x = tape.watch(Tensor<double>({1, 3}, {-INFINITY, 1, 1}));
    const auto dy = Tensor<double>({1, 3}, {1, 2, 4});
    const auto y = ebb::softmax(x);
    check_values(y, {0, 0.5, 0.5});
    check_values(ebb::grad(y, x, {.cotangent = dy, .create_graph = recorded}), {0, -0.5, 0.5});
    const auto loss = ebb::cross_entropy(x, IntArray({1}, 1));
    CHECK(loss.item() == close_to(std::log(2)));
    check_values(ebb::grad(loss, x, {.create_graph = recorded}), {0, -0.5, 0.5});
    check_values(ebb::grad(ebb::logsumexp(x), x, {.create_graph = recorded}), {0, 0.5, 0.5});
    const auto log_y = ebb::log_softmax(x);
    check_values(ebb::grad(log_y, x, {.cotangent = dy, .create_graph = recorded}), {1, -1.5, 0.5});
  }
}

TEST_CASE("log_softmax of a nearly certain row keeps its digits") {
  ebb::Tape<float> tape;
  const auto x = tape.watch(Tensor<float>({1, 3}, {0.0f, 25.0f, 0.0f}));
  const auto y = ebb::log_softmax(x);
  CHECK(y.data()[1] == Approx(-2 * std::exp(-25.0)).epsilon(1e-5).scale(0));
  CHECK(y.data()[0] == -25);
}

TEST_CASE("arrays without elements are done at once, however huge their other extents are") {
  const Shape shape{1 << 20, 1 << 20, 2, 0};
  ebb::Tape<float> tape;
  const auto x = tape.watch(ebb::zeros<float>(shape));
  const IntArray indices(shape);
  for (const int axis : {0, 2, 3}) {
    CHECK(ebb::softmax(x, axis).shape() == shape);
    CHECK(ebb::softmax(x, IntArray(Shape{}, 1), axis).shape() == shape);
    CHECK(ebb::log_softmax(x, axis).shape() == shape);
    CHECK(ebb::cumulative_sum(x, axis).shape() == shape);
    CHECK(ebb::take_along_axis(x, indices, axis).shape() == shape);
    CHECK(ebb::flip(x, {axis}).shape() == shape);
    CHECK(ebb::grad(ebb::softmax(x, axis), x, {.cotangent = x.detach()}).shape() == shape);
    CHECK(ebb::grad(ebb::log_softmax(x, axis), x, {.cotangent = x.detach()}).shape() == shape);
    CHECK(ebb::grad(ebb::take_along_axis(x, indices, axis), x, {.cotangent = x.detach()}).shape() == shape);
  }
  CHECK(ebb::transpose(x, 1, 2).size() == 0);
  CHECK(ebb::gather(x, IntArray({2}, 0), 2).shape() == shape);
  CHECK(ebb::matmul(x, ebb::zeros<float>({0, 0})).shape() == shape);
  CHECK((x + x * 2).shape() == shape);
  CHECK(ebb::sum(x).item() == 0);
}
