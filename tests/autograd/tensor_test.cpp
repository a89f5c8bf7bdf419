#include <sstream>

#include "support/check.hpp"

using namespace ebb_test;

TEST_CASE("a matrix is written by its rows, in braces") {
  const ebb::Tensor<double> x{{1, 2}, {3, 4}};
  CHECK(x.shape() == ebb::Shape{2, 2});
  CHECK(x.to_vector() == std::vector<double>{1, 2, 3, 4});
  CHECK(ebb::Tensor<double>({1, 2}, {3, 4}).shape() == ebb::Shape{1, 2});
  CHECK_ERROR((ebb::Tensor<double>{{2, 3}, {1, 2, 3, 4, 5, 6}}), "rows of a matrix in braces are of one length",
              "in parentheses: ({2, 3}");
}

TEST_CASE("extents may be of any integer type") {
  const std::vector<double> values{1, 2, 3};
  CHECK(ebb::Tensor<double>({values.size()}, values).shape() == ebb::Shape{3});
  CHECK(ebb::Shape{values.size(), 2, short{1}} == ebb::Shape{3, 2, 1});
}

TEST_CASE("shapes and arrays are printed as tensors are") {
  std::ostringstream out;
  out << ebb::Shape{2, 3} << ' ' << ebb::IntArray{2, 0} << ' ' << ebb::Array<double>({1}, 1.5);
  CHECK(out.str() == "[2, 3] IntArray[2] {2, 0} Array<double>[1] {1.5}");
}

TEST_CASE("an operand is a tensor or a parameter, and nothing is cut off from one") {
  static_assert(!std::is_copy_constructible_v<ebb::Operand<float>> &&
                !std::is_move_constructible_v<ebb::Operand<float>>);
}
