#include <cmath>

#include "support/check.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

TEST_CASE("zeros, ones and full") {
  CHECK(ebb::zeros<double>({2, 2}).to_vector() == Numbers{0, 0, 0, 0});
  CHECK(ebb::ones<double>(3).to_vector() == Numbers{1, 1, 1});
  CHECK(ebb::full<double>({}, 2.5).item() == 2.5);
  CHECK(ebb::full<float>({2, 0}, 1).shape() == Shape{2, 0});
  CHECK_FALSE(ebb::ones<float>({2}).tracked());
}

TEST_CASE("arange goes up to, but not to, its end") {
  CHECK(ebb::arange<double>(0, 4).to_vector() == Numbers{0, 1, 2, 3});
  CHECK(ebb::arange<double>(1, 2, 0.25).to_vector() == Numbers{1, 1.25, 1.5, 1.75});
  CHECK(ebb::arange<double>(3, 0, -1).to_vector() == Numbers{3, 2, 1});
  CHECK(ebb::arange<double>(0, 2.5).to_vector() == Numbers{0, 1, 2});
  CHECK(ebb::arange<double>(2, 2).shape() == Shape{0});
  CHECK(ebb::arange<double>(2, 0).shape() == Shape{0});
}

TEST_CASE("arange adds no steps up: its last number is as exact as its first") {
  const auto x = ebb::arange<double>(0, 1000, 0.1);
  CHECK(x.size() == 10'000);
  CHECK(x.at({-1}) == 9999 * 0.1);
}

TEST_CASE("arange refuses steps that never get there") {
  CHECK_ERROR(ebb::arange<float>(0, 3, 0), "arange(0, 3, 0) never gets there");
  CHECK_ERROR(ebb::arange<float>(0, 1, 1e-300), "would have 1e+300 elements");
  CHECK_THROWS_AS(ebb::arange<float>(0, INFINITY), ebb::Error);
  CHECK_THROWS_AS(ebb::arange<float>(0, 1, std::nan("")), ebb::Error);
}

TEST_CASE("masks and ids become numbers") {
  const Tensor<double> y = ebb::to_tensor<double>(IntArray({2, 2}, {1, 0, -3, 7}));
  CHECK(y.shape() == Shape{2, 2});
  CHECK(y.to_vector() == Numbers{1, 0, -3, 7});
  CHECK(ebb::to_tensor<float>(IntArray({0}, {})).size() == 0);
}

TEST_CASE("an undefined array becomes no numbers, and a number beyond the type no infinity") {
  CHECK_ERROR(ebb::to_tensor<float>(IntArray()), "to_tensor(): the array is undefined");
  CHECK_ERROR(ebb::full<float>({2}, 1e300), "full(): 1e+300 is beyond the largest float");
  CHECK(ebb::full<float>({1}, -INFINITY).item() == -INFINITY);
}

TEST_CASE("a tensor from a list or a span holds its values in row-major order") {
  const Tensor<double> from_list({2, 3}, {1, 2, 3, 4, 5, 6});
  const Numbers values{1, 2, 3, 4, 5, 6};
  const Tensor<double> from_span({2, 3}, values);
  CHECK(from_list.at({1, 0}) == 4);
  CHECK(from_span.to_vector() == from_list.to_vector());
  CHECK_ERROR(Tensor<double>({2, 3}, {1, 2}), "[2, 3]", "2 ");
}

TEST_CASE("item reads the only element, of whatever rank") {
  CHECK(ebb::full<double>({}, 3).item() == 3);
  CHECK(ebb::full<double>({1, 1}, 4).item() == 4);
  CHECK_ERROR(ebb::ones<float>({2, 2}).item(), "[2, 2]");
  CHECK_ERROR(ebb::ones<float>({0}).item(), "[0]");
}

TEST_CASE("at reads one element, negative indices count from the end") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.at({0, 2}) == 3);
  CHECK(x.at({-1, -3}) == 4);
  CHECK_ERROR(x.at({0, 3}), "3");
  CHECK_ERROR(x.at({-3, 0}), "-3");
  CHECK_ERROR(x.at({1}), "[2, 3]");
}

TEST_CASE("to_vector reads all elements in row-major order") {
  CHECK(Tensor<double>({2, 2}, {1, 2, 3, 4}).to_vector() == Numbers{1, 2, 3, 4});
  CHECK(ebb::zeros<double>({3, 0}).to_vector().empty());
}

TEST_CASE("linspace reaches both of its ends") {
  CHECK(ebb::linspace<double>(0, 1, 5).to_vector() == Numbers{0, 0.25, 0.5, 0.75, 1});
  CHECK(ebb::linspace<double>(0.1, 0.7, 7).at({-1}) == 0.7);
  CHECK(ebb::linspace<double>(3, 5, 1).to_vector() == Numbers{3});
  CHECK(ebb::linspace<double>(3, 5, 0).shape() == Shape{0});
  CHECK(ebb::linspace<double>(-1e308, 1e308, 3).to_vector() == Numbers{-1e308, 0, 1e308});
  CHECK_ERROR(ebb::linspace<double>(0, 1, -1), "linspace(): there are no -1 numbers");
}

TEST_CASE("eye is the identity") {
  CHECK(ebb::eye<double>(2).to_vector() == Numbers{1, 0, 0, 1});
  CHECK(ebb::eye<float>(0).shape() == Shape{0, 0});
}

TEST_CASE("one_hot marks the label of each position") {
  const Tensor<double> y = ebb::one_hot<double>(IntArray({2, 1}, {2, 0}), 3);
  CHECK(y.shape() == Shape{2, 1, 3});
  CHECK(y.to_vector() == Numbers{0, 0, 1, 1, 0, 0});
  CHECK(ebb::one_hot<float>(IntArray({}, {1}), 2).shape() == Shape{2});
  CHECK_ERROR(ebb::one_hot<float>(IntArray({2}, {0, 3}), 3),
              "one_hot(): label 3 at position [1] is none of the 3 classes");
  CHECK_ERROR(ebb::one_hot<float>(IntArray(), 3), "the labels are undefined");
}

TEST_CASE("cast rounds to the other type, and refuses to cut a tape unseen") {
  const Tensor<double> x({2}, {0.1, 1e300});
  const Tensor<float> y = ebb::cast<float>(x);
  CHECK(y.at({0}) == 0.1F);
  CHECK(y.at({1}) == INFINITY);
  CHECK(ebb::cast<double>(y).at({0}) == static_cast<double>(0.1F));
  ebb::Tape<double> tape;
  const auto leaf = tape.watch(x);
  CHECK_ERROR(ebb::cast<float>(leaf), "cast(): the tensor is on a tape of double", "use cast<float>(x.detach())");
  CHECK_FALSE(ebb::cast<float>(leaf.detach()).tracked());
}
