#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;

TEST_CASE("prod over all axes, and over some") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::prod(x).item() == 720);
  CHECK(ebb::prod(x, 0).to_vector() == Numbers{4, 10, 18});
  CHECK(ebb::prod(x, -1, {.keep = true}).shape() == Shape{2, 1});
  CHECK(ebb::prod(ebb::reshape(x, {3, 2, 1}), {2, 0}).to_vector() == Numbers{15, 48});
  CHECK(ebb::prod(x, Shape{}).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::prod(x, {1, -1}), "prod: the axes [1, -1] name axis 1 of [2, 3] twice", "product_test.cpp:");
}

TEST_CASE("the product of nothing is 1") {
  CHECK(ebb::prod(ebb::zeros<double>({2, 0}), 1).to_vector() == Numbers{1, 1});
  CHECK(ebb::prod(ebb::zeros<double>({0})).item() == 1);
  CHECK(ebb::prod(ebb::zeros<double>({0, 2}), 1).shape() == Shape{0});
}

TEST_CASE("where an element is 0, it alone gets a gradient, and none where two are") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2, 3}, {2, 0, 5, 0, 3, 0}));
  CHECK(ebb::grad(ebb::sum(ebb::prod(x, 1)), x).to_vector() == Numbers{0, 10, 0, 0, 0, 0});
}

TEST_CASE("derivatives of prod, with zeros too") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{2, 3}, Shape{2, 0}, Shape{2, 3, 2}}) {
    CAPTURE(to_string(shape));
    check_gradients([](const Values& x) { return ebb::prod(x[0]); }, {sample(shape)});
    if (shape.rank() > 0) check_gradients([](const Values& x) { return ebb::prod(x[0], 0); }, {sample(shape)});
  }
  check_gradients([](const Values& x) { return ebb::prod(x[0], {0, 2}, {.keep = true}); }, {sample({2, 3, 2})});
  for (const Tensor<double>& x : {Tensor<double>({5}, {2, 0, 3, 4, 5}), Tensor<double>({5}, {2, 0, 3, 0, 5})})
    check_gradients([](const Values& v) { return ebb::prod(v[0]); }, {x});
}
