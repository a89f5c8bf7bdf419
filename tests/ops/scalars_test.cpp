#include "support/check.hpp"

using namespace ebb_test;

namespace {

/// The determinant of an n x n matrix by expansion along its first row: a template of its number type.
template <class S>
S determinant(std::size_t n, const std::vector<S>& a) {
  if (n == 1) return a[0];
  S sum = 0;
  for (std::size_t column = 0; column < n; ++column) {
    std::vector<S> minor;
    for (std::size_t i = n; i < n * n; ++i)
      if (i % n != column) minor.push_back(a[i]);
    const S term = a[column] * determinant(n - 1, minor);
    sum = column % 2 == 0 ? sum + term : sum - term;
  }
  return sum;
}

/// For spans of any number type.
constexpr auto determinant_of_3x3 = [](auto a) {
  using S = std::remove_const_t<typename decltype(a)::element_type>;
  return determinant<S>(3, {a.begin(), a.end()});
};

}  // namespace

TEST_CASE("a scalar program gives the value that the same code gives with doubles, as one record") {
  const Tensor<double> a{{2, 0, 1}, {1, 3, 2}, {0, 1, 4}};
  CHECK(ebb::by_scalars(determinant_of_3x3, a).item() == 21);
  Tape<double> tape;
  const Tensor<double> x = tape.watch(a), y = ebb::by_scalars(determinant_of_3x3, x);
  CHECK(y.item() == 21);
  CHECK(y.shape() == Shape{});
  CHECK(tape.size() == 2);
  CHECK(std::string(tape[y].op->name) == "scalars");
  CHECK(contains(tape[y].where.file(), "scalars_test.cpp"));
  // d det / d a = the cofactors
  CHECK(grad(y, x).to_vector() == std::vector<double>{10, -4, 1, 1, 8, -2, -3, -3, 6});
  CHECK(grad(y, x).shape() == Shape{3, 3});
}

TEST_CASE("derivatives of scalar programs to second order, through tensors before and after") {
  const Tensor<double> a{{2, 0.5, 1}, {1, 3, 2}, {0.3, 1, 4}};
  check_gradients([](const Values& v) { return ebb::by_scalars(determinant_of_3x3, tanh(v[0]) * 2); }, {a});
  check_gradients([](const Values& v) { return square(ebb::by_scalars(determinant_of_3x3, v[0])); }, {a});
  Tape<double> tape;
  const Tensor<double> x = tape.watch(a), y = ebb::by_scalars(determinant_of_3x3, x);
  const Tensor<double> h = hessian(y, x);
  CHECK(h.at({0, 0, 1, 1}) == a.at({2, 2}));  // d^2 det / d a00 d a11
  CHECK(h.at({0, 0, 0, 1}) == 0);
}

TEST_CASE("every function of scalars has the derivatives of its operation, to second order") {
  const auto all = [](auto x) {
    using S = std::remove_const_t<typename decltype(x)::element_type>;
    using std::abs, std::acos, std::asin, std::atan, std::atan2, std::cos, std::cosh, std::exp, std::expm1, std::hypot,
        std::log, std::log1p, std::max, std::min, std::pow, std::sin, std::sinh, std::sqrt, std::tan, std::tanh;
    const S a = x[0], b = x[1];
    S c = a;
    c += b, c -= 2, c *= a, c /= b;
    return std::vector<S>{
        exp(a),        expm1(a),    log(b),      log1p(a),      sqrt(b),       sin(a),  cos(a),  tan(a),
        asin(a),       acos(a),     atan(a),     sinh(a),       cosh(a),       tanh(a), abs(-b), pow(b, a),
        pow(-b, S(3)), atan2(a, b), hypot(a, b), max(a, b) * a, min(a, b) * b, a + b,   2 - a,   a * 3,
        1 / b,         -a + +b,     c,           S(7)};
  };
  const Tensor<double> x({2}, {0.3, 1.7});
  CHECK(ebb::by_scalars(all, x).extent(0) == 28);
  check_gradients([&](const Values& v) { return ebb::by_scalars(all, v[0]); }, {x});
  // Against the operations on tensors.
  Tape<double> tape;
  const Tensor<double> v = tape.watch(x), y = ebb::by_scalars(all, v);
  const Tensor<double> a = select(v, 0, 0), b = select(v, 0, 1);
  const Values expected{exp(a),  expm1(a), log(b),  log1p(a), sqrt(b), sin(a),  cos(a),  tan(a),
                        asin(a), acos(a),  atan(a), sinh(a),  cosh(a), tanh(a), abs(-b), power(b, a)};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(select(y, 0, static_cast<Index>(i)).item() == close_to(expected[i].item()));
    check_values(grad(select(y, 0, static_cast<Index>(i)), v), grad(expected[i], v).to_vector());
  }
}

TEST_CASE("scalar programs of several tensors, branches, captured constants, and in float") {
  const double scale = 3;
  const auto f = [scale](auto x, auto y) {
    using S = std::remove_const_t<typename decltype(x)::element_type>;
    S sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] > 0 ? x[i] * y[i] : x[i] * scale;
    return sum;
  };
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({3}, {1, -2, 3}));
  const ebb::Parameter<double> y(Tensor<double>({3}, {4, 5, 6}));
  const auto gradients = grad(ebb::by_scalars(f, x, y), {x, y});
  CHECK(gradients[0].to_vector() == std::vector<double>{4, 3, 6});
  CHECK(gradients[1].to_vector() == std::vector<double>{1, 0, 3});
  const auto three = [](auto a, auto b, auto c) { return a[0] * b[0] * c[0]; };
  const Tensor<double> constant({}, {2});
  CHECK(grad(ebb::by_scalars(three, constant, y, constant), y).to_vector() == std::vector<double>{4, 0, 0});
  Tape<float> single;
  const Tensor<float> z = single.watch(Tensor<float>({}, {3}));
  CHECK(grad(ebb::by_scalars([](auto v) { return v[0] * v[0]; }, z), z).item() == 6);
}

TEST_CASE("a scalar program's flat tape goes with the walk, and its third derivative is refused") {
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({}, {2}));
  const Tensor<double> y = ebb::by_scalars([](auto v) { return v[0] * v[0] * v[0]; }, x);
  const Tensor<double> first = grad(y, x, {.create_graph = true});
  CHECK(first.item() == 12);
  CHECK(grad(first, x).item() == 12);
  CHECK_ERROR(grad(first, x, {.create_graph = true}), "derivatives of first and second order alone");
  tape.backward(y);
  CHECK(tape.gradient(x).item() == 12);
}

TEST_CASE("what a scalar program throws passes on, and the next one is not disturbed") {
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({}, {2}));
  const auto refuses = [](auto v) {
    if (v[0] > 1) throw ebb::Error("too large");
    return v[0];
  };
  CHECK_ERROR(ebb::by_scalars(refuses, x), "too large", "scalars");
  CHECK(tape.size() == 1);
  CHECK(grad(ebb::by_scalars([](auto v) { return v[0] * v[0]; }, x), x).item() == 4);
}

TEST_CASE("a scalar program inside of another one's function has a tape of its own") {
  const auto inner = [](auto v) { return v[0] * v[0]; };
  const auto outer = [&](auto v) {
    const double slope = [&] {
      Tape<double> tape;
      const Tensor<double> x = tape.watch(Tensor<double>({1}, {5}));
      return grad(ebb::by_scalars(inner, x), x).item();
    }();
    return v[0] * slope;
  };
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({1}, {2}));
  CHECK(grad(ebb::by_scalars(outer, x), x).item() == 10);
}
