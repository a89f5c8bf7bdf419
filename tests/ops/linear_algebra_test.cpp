#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

namespace {

/// A batch of lower triangular matrices, well away from singular ones, with noise above the diagonal.
Tensor<double> triangles(const Shape& shape) {
  return sample(shape, 1, -0.5, 0.5) + 2 * ebb::eye<double>(shape.extent(-1));
}

Tensor<double> definite(const Tensor<double>& x) {
  return ebb::matmul(x, x, {.transpose_b = true}) + 0.5 * ebb::eye<double>(x.extent(-2));
}

}  // namespace

TEST_CASE("triangular_solve of a hand-computed system, in its four forms") {
  const Tensor<double> lower({2, 2}, {2, 99, 1, 4}), upper({2, 2}, {2, 1, 99, 4}), b({2, 1}, {2, 9});
  check_values(ebb::triangular_solve(lower, b), {1, 2});
  check_values(ebb::triangular_solve(lower, b, {.transpose = true}), {-0.125, 2.25});
  check_values(ebb::triangular_solve(upper, b, {.upper = true}), {-0.125, 2.25});
  check_values(ebb::triangular_solve(upper, b, {.upper = true, .transpose = true}), {1, 2});
}

TEST_CASE("triangular_solve takes batches, which broadcast") {
  const Tensor<double> a = triangles({2, 3, 3}), b = sample({3, 2}, 2);
  const Tensor<double> x = ebb::triangular_solve(a, b);
  CHECK(x.shape() == Shape{2, 3, 2});
  check_values(ebb::matmul(ebb::tril(a), x), ebb::tile(b, {2, 1, 1}).to_vector());
  CHECK(ebb::triangular_solve(ebb::ones<double>({0, 0}), ebb::ones<double>({0, 2})).shape() == Shape{0, 2});
  CHECK(ebb::triangular_solve(a, ebb::ones<double>({3, 0})).shape() == Shape{2, 3, 0});
}

TEST_CASE("triangular_solve refuses what it cannot solve") {
  const auto b = ebb::ones<double>({2, 1});
  CHECK_ERROR(ebb::triangular_solve(Tensor<double>({2, 2}, {1, 0, 1, 0}), b),
              "triangular_solve: a has a 0 on its diagonal, in row 1", "linear_algebra_test.cpp:");
  CHECK_ERROR(ebb::triangular_solve(ebb::zeros<double>({3, 2, 2}), b), "in row 0 of matrix [0]");
  CHECK_ERROR(ebb::triangular_solve(ebb::ones<double>({2, 3}), b), "shape [2, 3] is not that of square matrices");
  CHECK_ERROR(ebb::triangular_solve(ebb::ones<double>({3, 3}), b),
              "b of shape [2, 1] does not have the rows of a, whose shape is [3, 3]");
}

TEST_CASE("cholesky of a hand-computed matrix, and of a batch") {
  check_values(ebb::cholesky(Tensor<double>({2, 2}, {4, 2, 2, 10})), {2, 0, 1, 3});
  check_values(ebb::cholesky(Tensor<double>({2, 2}, {4, 3, 1, 10})), {2, 0, 1, 3});  // its symmetric part
  const Tensor<double> a = definite(sample({3, 4, 4})), l = ebb::cholesky(a);
  check_values(ebb::matmul(l, l, {.transpose_b = true}), a.to_vector());
  CHECK(ebb::cholesky(ebb::ones<float>({0, 0})).shape() == Shape{0, 0});
}

TEST_CASE("cholesky refuses a matrix that is not positive definite") {
  CHECK_ERROR(ebb::cholesky(Tensor<double>({2, 2}, {1, 2, 2, 1})),
              "cholesky: a is not positive definite: what is left in row 1 is not above 0", "linear_algebra_test.cpp:");
  CHECK_ERROR(ebb::cholesky(ebb::stack({ebb::eye<double>(2), -ebb::eye<double>(2)})), "in row 0 of matrix [1]");
  CHECK_ERROR(ebb::cholesky(ebb::full<double>({1, 1}, not_a_number)), "not positive definite");
  CHECK_ERROR(ebb::cholesky(ebb::ones<double>({2, 3})), "cholesky: shape [2, 3] is not that of square matrices");
}

TEST_CASE("log_determinant of a hand-computed matrix, of one whose determinant overflows, and of an empty one") {
  CHECK(ebb::log_determinant(Tensor<double>({2, 2}, {4, 2, 2, 10})).item() == close_to(std::log(36.0)));
  CHECK(ebb::log_determinant(1e200 * ebb::eye<double>(3)).item() == close_to(600 * std::log(10.0)));
  CHECK(ebb::log_determinant(ebb::zeros<double>({0, 0})).item() == 0);
  CHECK(ebb::log_determinant(definite(sample({2, 3, 3}))).shape() == Shape{2});
  CHECK_ERROR(ebb::log_determinant(-ebb::eye<double>(2)), "cholesky: a is not positive definite");
}

TEST_CASE("the gradient of log_determinant is the inverse") {
  ebb::Tape<double> tape;
  const auto a = tape.watch(Tensor<double>({2, 2}, {4, 2, 2, 10}));
  check_values(ebb::grad(ebb::log_determinant(a), a), {10.0 / 36, -2.0 / 36, -2.0 / 36, 4.0 / 36});
}

TEST_CASE("derivatives of triangular_solve, cholesky and log_determinant") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 3}, Shape{2, 2, 2}, Shape{0, 0}}) {
    CAPTURE(to_string(shape));
    for (const bool upper : {false, true})
      for (const bool transpose : {false, true})
        check_gradients(
            [&](const Values& x) {
              return ebb::triangular_solve(x[0], x[1], {.upper = upper, .transpose = transpose});
            },
            {triangles(shape), sample(Shape{shape.extent(-1), 2}, 2)});
    check_gradients([](const Values& x) { return ebb::cholesky(x[0]); }, {definite(sample(shape))});
    check_gradients([](const Values& x) { return ebb::log_determinant(x[0]); }, {definite(sample(shape))});
  }
}

TEST_CASE("linear algebra is the same on any number of threads") {
  const Tensor<double> a = definite(sample({40, 12, 12})), b = sample({40, 12, 9}, 2);
  CHECK(same_on_any_number_of_threads([&] { return ebb::triangular_solve(ebb::cholesky(a), b); }));
}
