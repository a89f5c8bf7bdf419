#include <cmath>

#include "support/check.hpp"
#include "support/matrices.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("solve of a hand-computed system, and of its transpose, with a 0 where the first pivot would stand") {
  const Tensor<double> a({2, 2}, {0, 2, 4, 1}), b({2, 1}, {6, 11});
  check_values(ebb::solve(a, b), {2, 3});
  check_values(ebb::solve(a, b, {.transpose = true}), {4.75, 1.5});
}

TEST_CASE("solve takes batches, which broadcast") {
  const Tensor<double> a = regular({2, 3, 3}), b = sample({3, 2}, 2);
  for (const bool transpose : {false, true}) {
    const Tensor<double> x = ebb::solve(a, b, {.transpose = transpose});
    CHECK(x.shape() == Shape{2, 3, 2});
    check_values(ebb::matmul(a, x, {.transpose_a = transpose}), ebb::tile(b, {2, 1, 1}).to_vector());
  }
  CHECK(ebb::solve(ebb::ones<double>({0, 0}), ebb::ones<double>({0, 2})).shape() == Shape{0, 2});
  CHECK(ebb::solve(ebb::ones<double>({0, 2, 2}), ebb::ones<double>({2, 1})).shape() == Shape{0, 2, 1});
  CHECK(ebb::solve(a, ebb::ones<double>({3, 0})).shape() == Shape{2, 3, 0});
}

TEST_CASE("solve takes one vector for all matrices, or a vector for each") {
  const Tensor<double> a = regular({4, 3, 3}), one = sample({3}, 2), each = sample({4, 3}, 3);
  CHECK(ebb::solve(a, one).shape() == Shape{4, 3});
  check_values(ebb::squeeze(ebb::matmul(a, ebb::unsqueeze(ebb::solve(a, each), -1)), {-1}), each.to_vector());
  CHECK(ebb::solve(ebb::select(a, 0, 1), one).shape() == Shape{3});
  CHECK(ebb::solve(ebb::ones<double>({0, 0}), ebb::ones<double>({0})).shape() == Shape{0});
}

TEST_CASE("solve and inverse exchange rows, so that a small pivot costs no digits") {
  const Tensor<double> a({2, 2}, {1e-20, 1, 1, 1});
  check_values(ebb::solve(a, ebb::Tensor<double>({2}, {1, 2})), {1, 1});
  check_values(ebb::inverse(a), {-1, 1, 1, 0});
}

TEST_CASE("inverse of hand-computed matrices, and of a batch") {
  check_values(ebb::inverse(Tensor<double>({2, 2}, {4, 7, 2, 6})), {0.6, -0.7, -0.2, 0.4});
  check_values(ebb::inverse(Tensor<double>({1, 1}, {4})), {0.25});
  CHECK(ebb::inverse(ebb::ones<float>({0, 0})).shape() == Shape{0, 0});
  const Tensor<double> a = regular({2, 3, 4, 4});
  const Tensor<double> identities = ebb::expand(ebb::eye<double>(4), a.shape());
  check_values(ebb::matmul(ebb::inverse(a), a), identities.to_vector());
}

TEST_CASE("a float matrix is decomposed in double") {
  const Tensor<float> hilbert({3, 3}, {1, 1.f / 2, 1.f / 3, 1.f / 2, 1.f / 3, 1.f / 4, 1.f / 3, 1.f / 4, 1.f / 5});
  const auto precise = ebb::inverse(ebb::cast<double>(hilbert)).to_vector();
  const auto got = ebb::inverse(hilbert).to_vector();
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == static_cast<float>(precise[i]));
}

TEST_CASE("solve and inverse refuse a singular matrix, and say which it is") {
  const Tensor<double> flat({2, 2}, {1, 2, 2, 4});
  CHECK_ERROR(ebb::solve(flat, ebb::ones<double>({2})),
              "solve: a is singular: all that is left for a pivot in column 1 is 0", "solve_test.cpp:");
  CHECK_ERROR(ebb::inverse(ebb::stack({ebb::eye<double>(2), flat})),
              "inverse: a is singular: all that is left for a pivot in column 1 of matrix [1] is 0");
  CHECK_ERROR(ebb::inverse(ebb::zeros<double>({3, 2, 2})), "in column 0 of matrix [0]");
}

TEST_CASE("solve, inverse and lu refuse shapes that are none of square matrices") {
  const auto b = ebb::ones<double>({2, 1});
  CHECK_ERROR(ebb::solve(ebb::ones<double>({2, 3}), b), "solve: shape [2, 3] is not that of square matrices");
  CHECK_ERROR(ebb::solve(ebb::ones<double>({3, 3}), b),
              "b of shape [2, 1] does not have the rows of a, whose shape is [3, 3]");
  CHECK_ERROR(ebb::solve(ebb::ones<double>({}), b), "solve: shape [] is not that of square matrices");
  CHECK_ERROR(ebb::inverse(ebb::ones<double>({3})), "inverse: shape [3] is not that of square matrices");
  CHECK_ERROR(ebb::lu(ebb::ones<double>({2, 3})), "lu: shape [2, 3] is not that of square matrices", "solve_test.cpp:");
}

TEST_CASE("one NaN or infinity in a matrix makes its results NaN, and no other's") {
  for (const double bad : {not_a_number, inf, -inf}) {
    const Tensor<double> a({2, 2, 2}, {bad, 0, 0, 1, 2, 0, 0, 4});
    const auto x = ebb::solve(a, ebb::ones<double>({2})), y = ebb::inverse(a);
    for (const Index i : {0, 1}) CHECK(std::isnan(x.at({0, i})));
    for (const Index i : {0, 1, 2, 3}) CHECK(std::isnan(y.data()[i]));
    check_values(ebb::select(x, 0, 1), {0.5, 0.25});
    check_values(ebb::select(y, 0, 1), {0.5, 0, 0, 0.25});
    CHECK(std::isnan(ebb::lu(a).u.at({0, 0, 0})));
  }
}

TEST_CASE("lu of a hand-computed matrix") {
  const auto [permutation, l, u] = ebb::lu(Tensor<double>({3, 3}, {2, 1, 1, 4, 3, 3, 8, 7, 9}));
  CHECK(permutation.to_vector() == std::vector<std::int32_t>{2, 0, 1});
  check_values(l, {1, 0, 0, 0.25, 1, 0, 0.5, 2.0 / 3, 1});
  check_values(u, {8, 7, 9, 0, -0.75, -1.25, 0, 0, -2.0 / 3});
}

TEST_CASE("the product of L and U is A with its rows in the order that lu says") {
  for (const Shape& shape : {Shape{1, 1}, Shape{5, 5}, Shape{2, 3, 4, 4}, Shape{0, 0}, Shape{0, 2, 2}}) {
    CAPTURE(to_string(shape));
    const Tensor<double> a = sample(shape);
    const auto [permutation, l, u] = ebb::lu(a);
    const Index n = shape.extent(-1), rows = permutation.size();
    const Tensor<double> product = ebb::matmul(l, u);
    for (Index row = 0; row < rows; ++row)
      for (Index column = 0; column < n; ++column) {
        const Index from = row / n * n + permutation.data()[row];
        CHECK(product.data()[row * n + column] == Approx(a.data()[from * n + column]).epsilon(1e-12));
      }
    for (const double factor : l.to_vector()) CHECK(std::abs(factor) <= 1);
  }
}

TEST_CASE("lu of a singular matrix has a 0 in U, and no derivative") {
  ebb::Tape<double> tape;
  const auto a = tape.watch(Tensor<double>({2, 2}, {1, 2, 2, 4}));
  const auto [permutation, l, u] = ebb::lu(a);
  check_values(u, {2, 4, 0, 0});
  check_values(ebb::lu(ebb::zeros<double>({2, 2})).l, {1, 0, 0, 1});
  CHECK_ERROR(ebb::grad(sum(u), a), "a has a 0 on its diagonal, in row 1");
}

TEST_CASE("derivatives of solve, inverse and lu") {
  for (const Shape& shape : {Shape{1, 1}, Shape{2, 2}, Shape{5, 5}, Shape{3, 4, 4}, Shape{2, 1, 2, 2}, Shape{0, 0}}) {
    CAPTURE(to_string(shape));
    const Tensor<double> a = regular(shape);
    const Index n = shape.extent(-1);
    for (const bool transpose : {false, true}) {
      const auto f = [&](const Values& x) { return ebb::solve(x[0], x[1], {.transpose = transpose}); };
      check_gradients(f, {a, sample({n, 2}, 2)});
      check_gradients(f, {a, sample({n}, 2)});
    }
    check_gradients([](const Values& x) { return ebb::inverse(x[0]); }, {a});
    check_gradients([](const Values& x) { return ebb::lu(x[0]).l; }, {a});
    check_gradients([](const Values& x) { return ebb::lu(x[0]).u; }, {a});
  }
}

TEST_CASE("solve, inverse and lu are the same on any number of threads") {
  const Tensor<double> a = regular({40, 12, 12}), b = sample({40, 12, 9}, 2);
  CHECK(same_on_any_number_of_threads([&] { return ebb::solve(a, b); }));
  CHECK(same_on_any_number_of_threads([&] { return ebb::inverse(a); }));
  CHECK(same_on_any_number_of_threads([&] { return ebb::lu(a).u; }));
}
