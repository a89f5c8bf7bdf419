#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

/// Among them one row, one element, rows of width 1, more rows than a tile of the kernels, no rows at all, and widths
/// around those of vectors.
const std::vector<Shape> row_shapes{{5},    {3, 4}, {2, 3, 2}, {1},     {4, 1},  {2, 70}, {70, 2},
                                    {0, 3}, {2, 7}, {2, 8},    {2, 15}, {2, 16}, {2, 17}, {1, 65}};

}  // namespace

TEST_CASE("layer_norm of a hand-computed row") {
  // mean 3, variance 8
  const Tensor<double> x({1, 4}, {-1, 3, 3, 7}), gain({4}, {1, 2, 3, 4}), bias({4}, {10, 20, 30, 40});
  const double u = 1 / std::sqrt(2.0);
  check_values(ebb::layer_norm(x, 0.0), {-2 * u, 0, 0, 2 * u});
  check_values(ebb::layer_norm(x, gain, bias, 0.0), {10 - 2 * u, 20, 30, 40 + 8 * u});
  check_values(ebb::layer_norm(x, 8.0), {-1, 0, 0, 1});
}

TEST_CASE("layer_norm of a row of equal numbers is its bias") {
  check_values(ebb::layer_norm(ebb::full<double>({2, 2}, 5), Tensor<double>({2}, {3, 4}), Tensor<double>({2}, {1, 2})),
               {1, 2, 1, 2});
  check_values(ebb::layer_norm(Tensor<double>({3, 1}, {1, 2, 3})), {0, 0, 0});
}

TEST_CASE("layer_norm of a long row far from zero keeps its precision in float") {
  const Tensor<float> y = ebb::layer_norm(ebb::uniform<float>({1, 100003}, ebb::Key{3}, 1000, 1001));
  double sum = 0, squares = 0;
  for (const float v : y.to_vector()) sum += static_cast<double>(v), squares += static_cast<double>(v * v);
  CHECK(std::abs(sum / 100003) < 1e-3);
  CHECK(squares / 100003 == doctest::Approx(1).epsilon(1e-3));
}

TEST_CASE("rms_norm of a hand-computed row") {
  // mean of squares 25
  const Tensor<double> x({1, 2}, {1, 7}), gain({2}, {5, 10});
  check_values(ebb::rms_norm(x, gain, 0.0), {1, 14});
  check_values(ebb::rms_norm(x, gain, 75.0), {0.5, 7});
}

TEST_CASE("normalisation refuses a gain or bias of the wrong shape") {
  const auto x = ebb::zeros<float>({2, 3}), three = ebb::zeros<float>({3}), two = ebb::zeros<float>({2});
  CHECK_ERROR(ebb::layer_norm(x, two, three),
              "layer_norm: the gain must have shape [3], one number for each along the last axis, not [2]");
  CHECK_ERROR(ebb::layer_norm(x, three, x),
              "the bias must have shape [3], one number for each along the last axis, not [2, 3]");
  CHECK_ERROR(ebb::rms_norm(x, two), "rms_norm: the gain must have shape [3]");
}

TEST_CASE("normalisation refuses a last axis with nothing along it") {
  CHECK_ERROR(ebb::layer_norm(ebb::zeros<float>({})),
              "layer_norm: there is nothing to normalise along the last axis of shape []");
  CHECK_ERROR(ebb::layer_norm(ebb::zeros<float>({2, 0})),
              "there is nothing to normalise along the last axis of shape [2, 0]");
}

TEST_CASE("derivatives of layer_norm and rms_norm") {
  for (const Shape& shape : row_shapes) {
    CAPTURE(to_string(shape));
    const Shape width(shape.extent(-1));
    const Tensor<double> x = sample(shape), gain = sample(width, 2), bias = sample(width, 3);
    // An epsilon as large as the variance, so that its part in the derivative shows.
    check_gradients([](const Values& v) { return ebb::layer_norm(v[0], v[1], v[2], 0.5); }, {x, gain, bias});
    check_gradients([](const Values& v) { return ebb::layer_norm(v[0], 0.5); }, {x});
    check_gradients([](const Values& v) { return ebb::rms_norm(v[0], v[1], 0.5); }, {x, gain});
  }
}

TEST_CASE("the default epsilon is 1e-5") {
  const Tensor<double> x({1, 2}, {0, 0.002});
  check_values(ebb::layer_norm(x), {-0.001 / std::sqrt(1.1e-5), 0.001 / std::sqrt(1.1e-5)});
  check_values(ebb::rms_norm(x, ebb::ones<double>({2})), {0, 0.002 / std::sqrt(1.2e-5)});
}

TEST_CASE("layer_norm and its derivatives are the same on any number of threads") {
  const auto x0 = ebb::uniform<float>({300, 301}, ebb::Key{1}), dy = ebb::uniform<float>({300, 301}, ebb::Key{2}),
             gain0 = ebb::uniform<float>({301}, ebb::Key{3}), bias0 = ebb::zeros<float>({301});
  CHECK(same_on_any_number_of_threads([&] { return ebb::layer_norm(x0, gain0, bias0); }));
  for (const std::size_t input : {0U, 1U, 2U})
    CHECK(same_on_any_number_of_threads([&] {
      ebb::Tape<float> tape;
      const auto x = tape.watch(x0), gain = tape.watch(gain0), bias = tape.watch(bias0);
      return ebb::grad(ebb::layer_norm(x, gain, bias), {x, gain, bias}, {.cotangent = dy})[input];
    }));
}

TEST_CASE("layer_norm and rms_norm of rows of any width") {
  for (const ebb::Index n : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 63, 64, 65, 1023, 1025, 2100}) {
    CAPTURE(n);
    const Tensor<double> x = sample({2, n}, 1, -1, 3), gain = sample({n}, 2), bias = sample({n}, 3);
    const Tensor<double> y = ebb::layer_norm(x, gain, bias), z = ebb::rms_norm(x, gain);
    for (ebb::Index row = 0; row < 2; ++row) {
      double mean = 0, variance = 0, square = 0;
      for (ebb::Index i = 0; i < n; ++i) mean += x.at({row, i}) / static_cast<double>(n);
      for (ebb::Index i = 0; i < n; ++i) {
        variance += (x.at({row, i}) - mean) * (x.at({row, i}) - mean) / static_cast<double>(n);
        square += x.at({row, i}) * x.at({row, i}) / static_cast<double>(n);
      }
      for (ebb::Index i = 0; i < n; ++i) {
        const double deviation = x.at({row, i}) - mean;
        CHECK(y.at({row, i}) == doctest::Approx(gain.at({i}) * deviation / std::sqrt(variance + 1e-5) + bias.at({i})));
        CHECK(z.at({row, i}) == doctest::Approx(gain.at({i}) * x.at({row, i}) / std::sqrt(square + 1e-5)));
      }
    }
  }
}

TEST_CASE("the derivatives of layer_norm in float are those in double, over many rows") {
  const auto run = []<class T>(T) {
    ebb::Tape<T> tape;
    const auto x = tape.watch(ebb::uniform<T>({1000, 37}, ebb::Key{1}, -1, 1)),
               gain = tape.watch(ebb::uniform<T>({37}, ebb::Key{2}, 0, 2)), bias = tape.watch(ebb::zeros<T>({37}));
    const auto dy = ebb::uniform<T>({1000, 37}, ebb::Key{3}, -1, 1);
    const auto adjoints = ebb::grad(ebb::layer_norm(x, gain, bias), {x, gain, bias}, {.cotangent = dy});
    return std::vector<std::vector<T>>{adjoints[0].to_vector(), adjoints[1].to_vector(), adjoints[2].to_vector()};
  };
  const auto in_float = run(float{});
  const auto in_double = run(double{});
  for (std::size_t input = 0; input < 3; ++input)
    for (std::size_t i = 0; i < in_double[input].size(); ++i)
      CHECK(std::abs(static_cast<double>(in_float[input][i]) - in_double[input][i]) < 1e-5);
}

TEST_CASE("NaN or infinity in a row of layer_norm or rms_norm shows in that row, and in no other") {
  for (const ebb::Index n : {5, 16, 17})
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      CAPTURE(n);
      CAPTURE(bad);
      std::vector<float> values(static_cast<std::size_t>(3 * n), 1);
      values[static_cast<std::size_t>(2 * n - 1)] = bad;
      const Tensor<float> x({3, n}, std::span<const float>(values));
      const std::vector<float> y = ebb::layer_norm(x).to_vector(),
                               z = ebb::rms_norm(x, ebb::ones<float>({n})).to_vector();
      for (ebb::Index i = 0; i < 3 * n; ++i) {
        CHECK(std::isnan(y[static_cast<std::size_t>(i)]) == (i / n == 1));
        CHECK((i / n == 1 || !std::isnan(z[static_cast<std::size_t>(i)])));
      }
      CHECK(std::isnan(z[static_cast<std::size_t>(2 * n - 1)]));
    }
}

TEST_CASE("norms made of primitive operations: the values, gradients and second derivatives of the fused ones") {
  using Function = std::function<Tensor<double>(const Values&)>;
  const std::vector<Function> norms{[](const Values& x) { return ebb::layer_norm(x[0], x[1], x[2], 0.1); },
                                    [](const Values& x) { return ebb::layer_norm(x[0], 0.1); },
                                    [](const Values& x) { return ebb::rms_norm(x[0], x[1], 0.1); }};
  const Tensor<double> x = sample({3, 5}), gain = sample({5}), bias = sample({5});
  for (const Function& norm : norms) {
    const auto derivatives = [&](bool fused) {
      const ebb::FusedOperations here(fused);
      ebb::Tape<double> tape;
      const Values v{tape.watch(x), tape.watch(gain), tape.watch(bias)};
      const Tensor<double> y = norm(v);
      const auto first = grad(sum(square(y)), v, {.create_graph = true});
      const auto second = grad(sum(square(first[0])), v);
      return std::vector{y, first[0], first[1], first[2], second[0], second[1], second[2]};
    };
    const auto fused = derivatives(true), composed = derivatives(false);
    for (std::size_t i = 0; i < fused.size(); ++i) check_values(composed[i], fused[i].to_vector());
  }
}

TEST_CASE("where operations are not fused, norms stand on the tape as primitive operations") {
  const ebb::FusedOperations off(false);
  ebb::Tape<double> tape;
  (void)ebb::layer_norm(tape.watch(sample({3, 5})), 0.1);
  for (ebb::Index i = 0; i < tape.size(); ++i) CHECK(std::string(tape[i].op->name) != "layer_norm");
  CHECK(std::string(tape[tape.size() - 1].op->name) == "multiply");
}

TEST_CASE("where operations are not fused, norms refuse what the fused ones refuse") {
  const ebb::FusedOperations off(false);
  CHECK_ERROR(ebb::layer_norm(ebb::zeros<double>({3, 5}), sample({4}), sample({5})), "gain");
  CHECK_ERROR(ebb::layer_norm(ebb::zeros<double>({3, 0})), "nothing to normalise");
}

namespace {

template <class X>
concept takes_an_axis = requires(X x) {
  ebb::layer_norm(x, -1);
};

struct NormOf {
  std::vector<double> y, dx;  // of layer norm
  std::vector<double> rms, d_rms;
};

/// The norms of a row in this type, and their gradients from a fixed adjoint.
template <class T>
NormOf norms_of(const std::vector<T>& row, bool recorded, bool fused) {
  const ebb::FusedOperations fused_or_not(fused);
  const Index n = static_cast<Index>(row.size());
  ebb::Tape<T> tape;
  const auto x = tape.watch(Tensor<T>({1, n}, std::span<const T>(row)));
  std::vector<T> adjoint;
  for (Index i = 0; i < n; ++i) adjoint.push_back(static_cast<T>(0.5 + 0.25 * static_cast<double>(i * i)));
  const Tensor<T> dy({1, n}, std::span<const T>(adjoint));
  const auto numbers = [](const Tensor<T>& t) {
    const std::vector<T> values = t.to_vector();
    return std::vector<double>(values.begin(), values.end());
  };
  const auto y = ebb::layer_norm(x), z = ebb::rms_norm(x, ebb::ones<T>({n}));
  const auto d = [&](const Tensor<T>& of) { return ebb::grad(of, x, {.cotangent = dy, .create_graph = recorded}); };
  return {numbers(y), numbers(d(y)), numbers(z), numbers(d(z))};
}

void check_close(const std::vector<double>& got, const std::vector<double>& expected, double factor = 1) {
  double largest = 0;
  for (const double e : expected) largest = std::max(largest, std::abs(e));
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::abs(got[i] * factor - expected[i]) <= 2e-6 * largest);
}

}  // namespace

TEST_CASE("norms of rows so large that their squares overflow are those of the rows scaled down") {
  for (const bool recorded : {false, true})
    for (const bool fused : {false, true}) {
      CAPTURE(recorded);
      CAPTURE(fused);
      const double scale = 0x1p80;
      std::vector<float> large;
      std::vector<double> small, huge;
      for (const double x : {1.0, -2.0, 0.25, 4.0, 3.0}) {
        large.push_back(static_cast<float>(x * scale));
        small.push_back(x * 0x1p30);
        huge.push_back(x * 0x1p800);
      }
      const auto exact = norms_of(small, recorded, fused), got = norms_of(large, recorded, fused),
                 in_double = norms_of(huge, recorded, fused);
      check_close(got.y, exact.y);
      check_close(got.rms, exact.rms);
      check_close(got.dx, exact.dx, 0x1p50);
      check_close(got.d_rms, exact.d_rms, 0x1p50);
      check_close(in_double.y, exact.y);
      check_close(in_double.dx, exact.dx, 0x1p770);
      check_close(norms_of<float>({1e20f, -1e20f}, recorded, fused).y, {1, -1});
      check_close(norms_of<float>({3e38f, 3e38f}, recorded, fused).y, {0, 0});
      check_close(norms_of<float>({3e38f, 3e38f}, recorded, fused).rms, {1, 1});
      check_close(norms_of<float>({3e38f, -3e38f}, recorded, fused).y, {1, -1});
    }
}

TEST_CASE("layer_norm of rows far from zero keeps their spread, in float") {
  for (const bool recorded : {false, true})
    for (const bool fused : {false, true})
      for (const std::size_t n : {4U, 50U, 768U}) {
        CAPTURE(recorded);
        CAPTURE(fused);
        CAPTURE(n);
        std::vector<float> row(n, 10000.0f);
        for (std::size_t i = 0; i < n; i += 3) row[i] += 0x1p-10f;  // the next float
        for (std::size_t i = 1; i < n; i += 5) row[i] -= 0x1p-9f;
        const auto exact = norms_of(std::vector<double>(row.begin(), row.end()), recorded, fused),
                   got = norms_of(row, recorded, fused);
        check_close(got.y, exact.y);
        check_close(got.dx, exact.dx);
      }
}

TEST_CASE("norms of tiny rows without epsilon") {
  for (const bool fused : {false, true}) {
    const ebb::FusedOperations fused_or_not(fused);
    const auto y = ebb::layer_norm(Tensor<float>({2, 2}, {1e-25f, -1e-25f, 1e-36f, 3e-36f}), 0.0).to_vector();
    for (std::size_t i = 0; i < 4; ++i) CHECK(y[i] == Approx(i == 0 || i == 3 ? 1 : -1).epsilon(1e-5));
  }
}

TEST_CASE("layer_norm of a whole number, which would be meant as an axis, does not compile") {
  CHECK(!takes_an_axis<Tensor<float>>);
  CHECK(!takes_an_axis<Parameter<float>>);
}

TEST_CASE("normalisation refuses an epsilon that is negative or no number") {
  const auto x = sample({2, 3});
  for (const bool fused : {false, true}) {
    const ebb::FusedOperations fused_or_not(fused);
    CHECK_ERROR(ebb::layer_norm(x, -1.0),
                "layer_norm: epsilon must be a finite number of at least 0, not -1 (the axis is always the last one)");
    CHECK_ERROR(ebb::layer_norm(x, ebb::ones<double>({3}), ebb::ones<double>({3}), -1), "layer_norm: epsilon");
    CHECK_ERROR(ebb::rms_norm(x, ebb::ones<double>({3}), NAN), "rms_norm: epsilon");
  }
}
