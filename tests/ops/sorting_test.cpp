#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using Numbers = std::vector<double>;
using Ids = std::vector<std::int32_t>;

TEST_CASE("sort and argsort along either axis, in either order") {
  const Tensor<double> x({2, 3}, {3, 1, 2, 0, 5, 4});
  CHECK(ebb::sort(x).to_vector() == Numbers{1, 2, 3, 0, 4, 5});
  CHECK(ebb::argsort(x).to_vector() == Ids{1, 2, 0, 0, 2, 1});
  CHECK(ebb::sort(x, 0).to_vector() == Numbers{0, 1, 2, 3, 5, 4});
  CHECK(ebb::sort(x, 1, {.descending = true}).to_vector() == Numbers{3, 2, 1, 5, 4, 0});
  CHECK(ebb::argsort(x, 0, {.descending = true}).to_vector() == Ids{0, 1, 1, 1, 0, 0});
  CHECK(ebb::sort(ebb::zeros<double>({2, 0})).shape() == Shape{2, 0});
  CHECK_ERROR(ebb::sort(ebb::ones<double>({2}), 1), "sort: there is no axis 1 in shape [2]", "sorting_test.cpp:");
}

TEST_CASE("equal elements keep their order, and NaN is larger than all numbers") {
  const Tensor<double> x({6}, {2, not_a_number, 2, inf, not_a_number, -inf});
  CHECK(ebb::argsort(x).to_vector() == Ids{5, 0, 2, 3, 1, 4});
  CHECK(ebb::argsort(x, 0, {.descending = true}).to_vector() == Ids{1, 4, 3, 0, 2, 5});
}

TEST_CASE("top_k gives values and indices, in descending order") {
  const Tensor<double> x({2, 4}, {3, 1, 4, 2, 5, 5, 6, 0});
  const auto [values, indices] = ebb::top_k(x, 2);
  CHECK(values.to_vector() == Numbers{4, 3, 6, 5});
  CHECK(indices.to_vector() == Ids{2, 0, 2, 0});
  CHECK(ebb::top_k(x, 1, 0).values.to_vector() == Numbers{5, 5, 6, 2});
  CHECK(ebb::top_k(x, 2, -1, {.smallest = true}).values.to_vector() == Numbers{1, 2, 0, 5});
  CHECK(ebb::top_k(x, 0).indices.shape() == Shape{2, 0});
  CHECK_ERROR(ebb::top_k(x, 5), "top_k: there are no 5 elements along axis -1 of [2, 4]");
  CHECK_ERROR(ebb::top_k(x, -1), "top_k: there are no -1 elements");
}

TEST_CASE("argmin gives the index of the first smallest element, or of the first NaN") {
  CHECK(ebb::argmin(Tensor<double>({2, 3}, {3, 1, 1, 0, 5, 0})).to_vector() == Ids{1, 0});
  CHECK(ebb::argmin(Tensor<double>({2, 3}, {3, 1, 1, 0, 5, 0}), 0).to_vector() == Ids{1, 0, 1});
  CHECK(ebb::argmin(Tensor<double>({3}, {1, not_a_number, 0})).item() == 1);
  CHECK_ERROR(ebb::argmin(ebb::ones<double>({0})), "argmin: there is nothing to reduce");
  CHECK_ERROR(ebb::argmin(Tensor<double>()), "argmin: the input is undefined");
}

TEST_CASE("the adjoint of a sorted element goes to its place") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({3}, {3, 1, 2}));
  const Tensor<double> weights({3}, {10, 20, 30});
  CHECK(ebb::grad(ebb::sum(weights * ebb::sort(x)), x).to_vector() == Numbers{30, 10, 20});
  CHECK(ebb::grad(ebb::sum(ebb::top_k(x, 2).values), x).to_vector() == Numbers{1, 0, 1});
}

TEST_CASE("derivatives of sort and top_k") {
  for (const Shape& shape : {Shape{5}, Shape{1}, Shape{2, 3}, Shape{2, 0}, Shape{2, 1, 3}}) {
    CAPTURE(to_string(shape));
    for (const int axis : {0, -1}) {
      const Index k = shape.extent(axis) / 2;
      check_gradients([&](const Values& x) { return square(ebb::sort(x[0], axis)); }, {sample(shape)});
      check_gradients([&](const Values& x) { return square(ebb::top_k(x[0], k, axis).values); }, {sample(shape)});
    }
  }
}

TEST_CASE("sorting is the same on any number of threads") {
  const auto x = ebb::round(10 * ebb::uniform<double>({300, 40}, ebb::Key{1}));
  CHECK(same_on_any_number_of_threads([&] { return ebb::argsort(x, 0); }));
}
