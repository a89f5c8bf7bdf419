#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

TEST_CASE("tril and triu keep one side of a diagonal") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::tril(x).to_vector() == Numbers{1, 0, 0, 4, 5, 0});
  CHECK(ebb::tril(x, 1).to_vector() == Numbers{1, 2, 0, 4, 5, 6});
  CHECK(ebb::tril(x, -1).to_vector() == Numbers{0, 0, 0, 4, 0, 0});
  CHECK(ebb::triu(x).to_vector() == Numbers{1, 2, 3, 0, 5, 6});
  CHECK(ebb::triu(x, -5).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::tril(ebb::ones<double>({3})), "tril: shape [3] has no two axes for a matrix", "diagonal_test.cpp:");
}

TEST_CASE("what tril cuts off may be NaN") {
  const Tensor<double> x({2, 2}, {1, not_a_number, 2, 3});
  CHECK(ebb::tril(x).to_vector() == Numbers{1, 0, 2, 3});
}

TEST_CASE("diagonal reads a diagonal of each matrix") {
  const Tensor<double> x = counting({2, 2, 3});
  CHECK(ebb::diagonal(x).to_vector() == Numbers{0, 4, 6, 10});
  CHECK(ebb::diagonal(x, 1).to_vector() == Numbers{1, 5, 7, 11});
  CHECK(ebb::diagonal(x, 2).to_vector() == Numbers{2, 8});
  CHECK(ebb::diagonal(x, -1).to_vector() == Numbers{3, 9});
  CHECK(ebb::diagonal(x, 3).shape() == Shape{2, 0});
  CHECK(ebb::diagonal(ebb::zeros<double>({0, 0})).shape() == Shape{0});
  CHECK_ERROR(ebb::diagonal(x, 4), "diagonal: there is no diagonal 4 in [2, 2, 3]");
}

TEST_CASE("diag makes matrices of their diagonals, which diagonal reads again") {
  const Tensor<double> x({2}, {1, 2});
  CHECK(ebb::diag(x).to_vector() == Numbers{1, 0, 0, 2});
  CHECK(ebb::diag(x, 1).to_vector() == Numbers{0, 1, 0, 0, 0, 2, 0, 0, 0});
  CHECK(ebb::diag(x, -1).to_vector() == Numbers{0, 0, 0, 1, 0, 0, 0, 2, 0});
  for (const Index k : {-2, 0, 1})
    CHECK(ebb::diagonal(ebb::diag(sample({3, 2}), k), k).to_vector() == sample({3, 2}).to_vector());
  CHECK_ERROR(ebb::diag(ebb::ones<double>({})), "diag: shape [] has no axis");
}

TEST_CASE("derivatives of tril, triu, diagonal and diag") {
  for (const Shape& shape : {Shape{3, 3}, Shape{2, 4}, Shape{2, 3, 2}, Shape{1, 1}, Shape{0, 2}})
    for (const Index k : {-1, 0, 1}) {
      CAPTURE(to_string(shape));
      check_gradients([&](const Values& x) { return square(ebb::tril(x[0], k)); }, {sample(shape)});
      check_gradients([&](const Values& x) { return square(ebb::triu(x[0], k)); }, {sample(shape)});
      if (shape.extent(-2) > 0)
        check_gradients([&](const Values& x) { return square(ebb::diagonal(x[0], k)); }, {sample(shape)});
      check_gradients([&](const Values& x) { return square(ebb::diag(x[0], k)); }, {sample(shape)});
    }
}
