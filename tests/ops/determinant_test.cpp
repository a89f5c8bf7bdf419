#include <cmath>

#include "support/check.hpp"
#include "support/matrices.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

namespace {

/// A random matrix [n, n] of this rank.
Tensor<double> of_rank(Index rank, Index n, std::uint64_t seed = 1) {
  return ebb::matmul(sample({n, rank}, seed), sample({rank, n}, seed + 1));
}

/// The gradient of the determinant.
Tensor<double> cofactors(const Tensor<double>& a) {
  ebb::Tape<double> tape;
  const auto x = tape.watch(a);
  return ebb::grad(sum(ebb::determinant(x)), x);
}

const auto determinant_of = [](const Values& x) { return ebb::determinant(x[0]); };

}  // namespace

TEST_CASE("determinant, its logarithm and its sign of hand-computed matrices") {
  const Tensor<double> a({3, 3}, {2, 0, 1, 1, 3, 2, 1, 1, 1});  // 2 (3 - 2) + (1 - 3) = 0
  const Tensor<double> both = ebb::stack({Tensor<double>({2, 2}, {1, 2, 3, 4}), Tensor<double>({2, 2}, {0, 1, -5, 0})});
  check_values(ebb::determinant(both), {-2, 5});
  check_values(ebb::log_abs_determinant(both), {std::log(2.0), std::log(5.0)});
  check_values(ebb::determinant_sign(both), {-1, 1});
  CHECK(std::abs(ebb::determinant(a).item()) < 1e-15);
  CHECK(ebb::determinant(Tensor<double>({1, 1}, {-7})).item() == -7);
}

TEST_CASE("determinant, its logarithm and its sign of empty matrices, and of none") {
  const auto empty = ebb::zeros<double>({2, 0, 0}), none = ebb::zeros<double>({0, 3, 3});
  CHECK(ebb::determinant(empty).to_vector() == std::vector<double>{1, 1});
  CHECK(ebb::log_abs_determinant(empty).to_vector() == std::vector<double>{0, 0});
  CHECK(ebb::determinant_sign(empty).to_vector() == std::vector<double>{1, 1});
  CHECK(ebb::determinant(none).shape() == Shape{0});
  CHECK(ebb::log_abs_determinant(none).shape() == Shape{0});
}

TEST_CASE("a singular matrix has the determinant 0, the sign 0, and minus infinity for the logarithm") {
  const Tensor<double> a({2, 2}, {1, 2, 2, 4});
  CHECK(ebb::determinant(a).item() == 0);
  CHECK(ebb::determinant_sign(a).item() == 0);
  CHECK(ebb::log_abs_determinant(a).item() == -inf);
}

TEST_CASE("the logarithm of a determinant does not overflow, nor does what is on the way to a determinant") {
  CHECK(ebb::log_abs_determinant(-1e200 * ebb::eye<double>(3)).item() == close_to(600 * std::log(10.0)));
  CHECK(ebb::determinant_sign(-1e200 * ebb::eye<double>(3)).item() == -1);
  CHECK(ebb::determinant(1e200 * ebb::eye<double>(3)).item() == inf);
  CHECK(ebb::determinant(1e-200 * ebb::eye<double>(3)).item() == 0);
  const Tensor<double> sizes({4}, {1e200, 1e200, 1e-200, 3e-200});
  CHECK(ebb::determinant(ebb::diag(sizes)).item() == close_to(3));
  CHECK(ebb::determinant(ebb::diag(ebb::cast<float>(Tensor<double>({4}, {1e30, 1e30, 1e-30, 3e-30})))).item() ==
        Approx(3).epsilon(1e-6));
}

TEST_CASE("the logarithm keeps its digits where the determinant is near 1") {
  for (const double off : {1e-9, -1e-9})
    CHECK(ebb::log_abs_determinant(Tensor<double>({1, 1}, {1 + off})).item() / std::log1p(off) ==
          Approx(1).epsilon(1e-6));
  CHECK(ebb::log_abs_determinant(ebb::eye<double>(4)).item() == 0);
}

TEST_CASE("one NaN or infinity in a matrix makes its determinant NaN, and no other's") {
  for (const double bad : {not_a_number, inf, -inf}) {
    const Tensor<double> a({2, 2, 2}, {bad, 0, 0, 1, 2, 0, 0, 4});
    for (const auto& y : {ebb::determinant(a), ebb::log_abs_determinant(a), ebb::determinant_sign(a)})
      CHECK(std::isnan(y.at({0})));
    CHECK(ebb::determinant(a).at({1}) == 8);
    const Tensor<double> gradient = cofactors(a);
    for (const Index i : {0, 1, 2, 3}) CHECK(std::isnan(gradient.data()[i]));
    check_values(ebb::select(gradient, 0, 1), {4, 0, 0, 2});
  }
}

TEST_CASE("determinants refuse shapes that are none of square matrices") {
  const auto a = ebb::ones<double>({2, 3});
  CHECK_ERROR(ebb::determinant(a), "determinant: shape [2, 3] is not that of square matrices", "determinant_test.cpp:");
  CHECK_ERROR(ebb::log_abs_determinant(a), "log_abs_determinant: shape [2, 3] is not that of square matrices");
  CHECK_ERROR(ebb::determinant_sign(a), "determinant_sign: shape [2, 3] is not that of square matrices",
              "determinant_test.cpp:");
}

TEST_CASE("the gradient of a determinant holds the cofactors, of a singular matrix too") {
  check_values(cofactors(Tensor<double>({2, 2}, {1, 2, 3, 4})), {4, -3, -2, 1});
  check_values(cofactors(Tensor<double>({2, 2}, {1, 2, 2, 4})), {4, -2, -2, 1});
  check_values(cofactors(Tensor<double>({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9})), {-3, 6, -3, 6, -12, 6, -3, 6, -3});
  check_values(cofactors(ebb::diag(Tensor<double>({3}, {2, 0, 5}))), {0, 0, 0, 0, 10, 0, 0, 0, 0});
  check_values(cofactors(ebb::diag(Tensor<double>({3}, {2, 0, 0}))), Numbers(9, 0.0));
  check_values(cofactors(ebb::zeros<double>({1, 1})), {1});
  check_values(cofactors(ebb::zeros<double>({2, 2})), Numbers(4, 0.0));
}

TEST_CASE("the cofactors of rows and columns of very different sizes keep their digits") {
  const auto check = [](const std::vector<double>& sizes, const std::vector<double>& expected) {
    const Index n = static_cast<Index>(sizes.size());
    const Tensor<double> got = cofactors(ebb::diag(Tensor<double>({n}, sizes)));
    for (Index i = 0; i < n; ++i) CHECK(got.at({i, i}) == close_to(expected[static_cast<std::size_t>(i)]));
  };
  check({1e9, 1e-9}, {1e-9, 1e9});
  check({1e-120, 1e-120, 1e-120}, {1e-240, 1e-240, 1e-240});  // of a determinant that vanishes
  check({1e150, 1e-150, 1e-150}, {1e-300, 1, 1});
}

TEST_CASE("the cofactors of a float matrix are numbers, however far apart its columns are") {
  ebb::Tape<float> tape;
  const auto a = tape.watch(Tensor<float>({2, 2}, {1e30f, 1e-20f, 2e30f, 1e-20f}));
  const Tensor<float> got = ebb::grad(ebb::determinant(a), a);
  const std::vector<float> expected{1e-20f, -2e30f, -1e-20f, 1e30f};
  for (const Index i : {1, 3}) CHECK(got.data()[i] == Approx(expected[static_cast<std::size_t>(i)]).epsilon(1e-6));
  for (const Index i : {0, 2}) CHECK(std::isfinite(got.data()[i]));
}

TEST_CASE("there is no derivative of the logarithm of a determinant that is 0") {
  ebb::Tape<double> tape;
  const auto a = tape.watch(Tensor<double>({2, 2}, {1, 2, 2, 4}));
  CHECK_ERROR(ebb::grad(ebb::log_abs_determinant(a), a), "a is singular", "in column 1");
}

TEST_CASE("the logarithm agrees with that of a symmetric, positive definite matrix") {
  const Tensor<double> x = sample({2, 4, 4}), a = ebb::matmul(x, x, {.transpose_b = true}) + ebb::eye<double>(4);
  check_values(ebb::log_abs_determinant(a), ebb::log_determinant(a).to_vector());
}

TEST_CASE("derivatives of determinant and of its logarithm") {
  for (const Shape& shape : {Shape{1, 1}, Shape{2, 2}, Shape{5, 5}, Shape{3, 4, 4}, Shape{2, 1, 2, 2}, Shape{0, 0}}) {
    CAPTURE(to_string(shape));
    check_gradients([](const Values& x) { return ebb::determinant(x[0] / 2); }, {regular(shape)});
    check_gradients([](const Values& x) { return ebb::log_abs_determinant(x[0]); }, {regular(shape)});
  }
}

TEST_CASE("derivatives of determinant at singular matrices, whatever their rank") {
  for (const Index n : {1, 2, 3, 5})
    for (Index rank = 0; rank < n; ++rank) {
      CAPTURE(n);
      CAPTURE(rank);
      check_gradients(determinant_of, {of_rank(rank, n)});
    }
  check_gradients(determinant_of, {ebb::stack({of_rank(1, 3), of_rank(2, 3, 5), regular({3, 3}) / 2})});
}

TEST_CASE("derivatives of determinant close to a singular matrix") {
  for (const double off : {1e-14, 1e-9, 1e-7, 1e-4}) {
    CAPTURE(off);
    check_gradients(determinant_of, {of_rank(2, 3) + off * sample({3, 3}, 7)});
  }
}

TEST_CASE("the third derivative of a determinant at 0 is that of a product") {
  ebb::Tape<double> tape;
  const auto d = tape.watch(ebb::zeros<double>({3}));
  const auto y = ebb::determinant(ebb::diag(d));
  const auto first = ebb::grad(y, d, {.create_graph = true});
  const auto second = ebb::grad(ebb::select(first, 0, 0), d, {.create_graph = true});
  check_values(ebb::grad(ebb::select(second, 0, 1), d), {0, 0, 1});
}

TEST_CASE("determinants are the same on any number of threads") {
  const Tensor<double> a = regular({40, 12, 12});
  CHECK(same_on_any_number_of_threads([&] { return ebb::determinant(a); }));
  CHECK(same_on_any_number_of_threads([&] { return ebb::log_abs_determinant(a); }));
  CHECK(same_on_any_number_of_threads([&] { return cofactors(ebb::where(a > 0, a, 0)); }));
}
