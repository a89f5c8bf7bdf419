#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

TEST_CASE("einsum of one operand: transposes, sums, diagonals") {
  const Tensor<double> x({2, 2}, {1, 2, 3, 4});
  CHECK(ebb::einsum("ij->ji", {x}).to_vector() == Numbers{1, 3, 2, 4});
  CHECK(ebb::einsum("ij->i", {x}).to_vector() == Numbers{3, 7});
  CHECK(ebb::einsum("ij->", {x}).item() == 10);
  CHECK(ebb::einsum("ii->i", {x}).to_vector() == Numbers{1, 4});
  CHECK(ebb::einsum("ii", {x}).item() == 5);
  CHECK(ebb::einsum(" b a ", {x}).to_vector() == Numbers{1, 3, 2, 4});  // alphabetical without "->"
  CHECK(ebb::einsum("iii->i", {counting({2, 2, 2})}).to_vector() == Numbers{0, 7});
}

TEST_CASE("einsum of two operands: products of matrices, of batches, of elements") {
  const Tensor<double> a({2, 3}, {1, 2, 3, 4, 5, 6}), b({3, 2}, {1, 0, 0, 1, 1, 1});
  CHECK(ebb::einsum("ij,jk->ik", {a, b}).to_vector() == ebb::matmul(a, b).to_vector());
  CHECK(ebb::einsum("ij,jk", {a, b}).to_vector() == ebb::matmul(a, b).to_vector());
  CHECK(ebb::einsum("ij,jk->ki", {a, b}).to_vector() == ebb::transpose(ebb::matmul(a, b)).to_vector());
  CHECK(ebb::einsum("ij,ij->i", {a, a}).to_vector() == Numbers{14, 77});
  CHECK(ebb::einsum("ij,ij->ij", {a, a}).to_vector() == square(a).to_vector());
  CHECK(ebb::einsum("i,j->ij", {ebb::arange<double>(1, 3), ebb::arange<double>(1, 4)}).to_vector() ==
        Numbers{1, 2, 3, 2, 4, 6});
  CHECK(ebb::einsum("i,i->", {ebb::ones<double>({4}), ebb::ones<double>({4})}).item() == 4);
  const Tensor<double> x = sample({2, 3, 4}), y = sample({2, 4, 3}, 2);
  check_values(ebb::einsum("bij,bjk->bik", {x, y}), ebb::matmul(x, y).to_vector());
  check_values(ebb::einsum("ij,kl->i", {a, b}), (4 * ebb::sum(a, 1)).to_vector());
}

TEST_CASE("einsum of three operands: a bilinear form") {
  const Tensor<double> u({2}, {1, 2}), m({2, 2}, {1, 2, 3, 4}), v({2}, {1, -1});
  CHECK(ebb::einsum("i,ij,j->", {u, m, v}).item() == -3);
  CHECK(ebb::einsum("ij,jk,kl->il", {m, m, m}).to_vector() == ebb::matmul(ebb::matmul(m, m), m).to_vector());
}

TEST_CASE("einsum of empty operands") {
  CHECK(ebb::einsum("ij,jk->ik", {ebb::zeros<double>({2, 0}), ebb::zeros<double>({0, 2})}).to_vector() ==
        Numbers{0, 0, 0, 0});
  CHECK(ebb::einsum("ij,jk->ik", {ebb::zeros<double>({0, 2}), ebb::zeros<double>({2, 3})}).shape() == Shape{0, 3});
}

TEST_CASE("an equation that does not fit is refused with the letter") {
  const Tensor<double> a = ebb::ones<double>({2, 3}), b = ebb::ones<double>({2, 3});
  CHECK_ERROR(ebb::einsum("ij,jk->ik", {a, b}), "einsum: letter j stands for axes of extents 3 and 2",
              "einsum_test.cpp:");
  CHECK_ERROR(ebb::einsum("ij,ij->ik", {a, b}), "letter k of the result stands in no operand of \"ij,ij->ik\"");
  CHECK_ERROR(ebb::einsum("ij->ii", {a}), "letter i stands twice in the result");
  CHECK_ERROR(ebb::einsum("ijk->i", {a}), "operand 0 of shape [2, 3] has 2 axes, but the letters \"ijk\"");
  CHECK_ERROR(ebb::einsum("ij,jk->ik", {a}), "the equation names 2 operands, and there are 1");
  CHECK_ERROR(ebb::einsum("...i->i", {a}), "'.' is neither a letter for an axis, a comma nor \"->\"");
  CHECK_ERROR(
      ebb::einsum("abcde,fghij->abcdefghij", {ebb::ones<double>({1, 1, 1, 1, 1}), ebb::ones<double>({1, 1, 1, 1, 1})}),
      "einsum: ", "einsum_test.cpp:");
  CHECK_ERROR(ebb::einsum("ij>i", {a}), "'>' is neither a letter");
  CHECK_ERROR(ebb::einsum("ij,ij->i", {a, Tensor<double>()}), "operand 1 is undefined");
}

TEST_CASE("derivatives of einsum") {
  const auto check = [](const char* equation, const Values& inputs) {
    CAPTURE(equation);
    check_gradients([&](const Values& x) { return ebb::einsum(equation, x); }, inputs);
  };
  check("ij->j", {sample({2, 3})});
  check("ii->i", {sample({3, 3})});
  check("ij,jk->ki", {sample({2, 3}), sample({3, 2}, 2)});
  check("bij,bj->bi", {sample({2, 3, 2}), sample({2, 2}, 2)});
  check("bij,bjk,bk->b", {sample({2, 2, 3}), sample({2, 3, 2}, 2), sample({2, 2}, 3)});
  check("i,j->ji", {sample({1}), sample({3}, 2)});
  check("ij,jk->ik", {ebb::zeros<double>({2, 0}), ebb::zeros<double>({0, 2})});
}
