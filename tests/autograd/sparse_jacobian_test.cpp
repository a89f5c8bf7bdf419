#include "support/check.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;

/// y_i = x_i^2 x_(i+1) + sin(x_(i-1)), with zeros beyond both ends: a Jacobian of three diagonals.
T three_neighbours(const T& x) {
  const Index n = x.extent(0);
  const T wide = pad(x, 0, 1, 1);
  return square(x) * slice(wide, 0, {2, n + 2}) + sin(slice(wide, 0, {0, n}));
}

/// The elements of a dense matrix at the places of a pattern.
std::vector<double> at_places(const T& dense, const ebb::SparsityPattern& pattern) {
  std::vector<double> elements;
  for (Index k = 0; k < pattern.rows.size(); ++k)
    elements.push_back(dense.at({pattern.rows.data()[k], pattern.columns.data()[k]}));
  return elements;
}

/// Counts the walks that come to a record.
struct Visits : ebb::Observer<double> {
  explicit Visits(Index record) : record_(record) {}
  void reached(const ebb::Record<double>& record, const T&) override {
    if (record.slot.record == record_) ++count;
  }
  int count = 0;

 private:
  Index record_;
};

}  // namespace

TEST_CASE("patterns: diagonals, bands and blocks") {
  const auto band = ebb::SparsityPattern::banded(3, 1, 0);
  CHECK(band.rows.to_vector() == std::vector<std::int32_t>{0, 1, 1, 2, 2});
  CHECK(band.columns.to_vector() == std::vector<std::int32_t>{0, 0, 1, 1, 2});
  CHECK(ebb::SparsityPattern::diagonal(2).columns.to_vector() == std::vector<std::int32_t>{0, 1});
  const auto blocks = ebb::SparsityPattern::blocks(2, 2);
  CHECK(blocks.rows.to_vector() == std::vector<std::int32_t>{0, 0, 1, 1, 2, 2, 3, 3});
  CHECK(blocks.columns.to_vector() == std::vector<std::int32_t>{0, 1, 0, 1, 2, 3, 2, 3});
  CHECK(ebb::SparsityPattern::banded(0, 1, 1).rows.size() == 0);
  CHECK_ERROR(ebb::SparsityPattern::banded(3, -1, 0), "banded(3, -1, 0)");
  CHECK_ERROR(ebb::SparsityPattern::blocks(-3, 1), "blocks(-3, 1)");
}

TEST_CASE("the elements of a banded Jacobian, by as many walks as it has diagonals") {
  const Index n = 200;
  Tape<double> tape;
  const T x = tape.watch(ebb::uniform<double>({n}, ebb::Key(1), -1, 1)), y = three_neighbours(x);
  const auto pattern = ebb::SparsityPattern::banded(n, 1, 1);
  const auto visits = std::make_shared<Visits>(y.slot().record);
  tape.observe(visits);
  const auto size = tape.size();
  const T elements = sparse_jacobian(y, x, pattern);
  CHECK(visits->count == 3 + 1);  // and one for the product that it is compared with
  CHECK(tape.size() == size);
  CHECK(elements.to_vector() == at_places(jacobian(y, x), pattern));
}

TEST_CASE("columns are walked together where rows cannot be") {
  const Index n = 30;
  Tape<double> tape;
  const T x = tape.watch(ebb::uniform<double>({n}, ebb::Key(1), 1, 2));
  const T y = x * x * slice(x, 0, {0, 1});  // the first column is full
  std::vector<std::int32_t> rows, columns;
  for (std::int32_t i = 0; i < n; ++i) {
    if (i > 0) rows.push_back(i), columns.push_back(0);
    rows.push_back(i), columns.push_back(i);
  }
  const ebb::SparsityPattern pattern{IntArray({static_cast<Index>(rows.size())}, rows),
                                     IntArray({static_cast<Index>(columns.size())}, columns)};
  const auto visits = std::make_shared<Visits>(y.slot().record);
  tape.observe(visits);
  const T elements = sparse_jacobian(y, x, pattern);
  CHECK(visits->count < 6);
  const std::vector<double> expected = at_places(jacobian(y, x), pattern);
  for (std::size_t k = 0; k < expected.size(); ++k) CHECK(elements.data()[k] == close_to(expected[k]));
}

TEST_CASE("the elements of a Hessian in blocks, and those of a linear loss") {
  Tape<double> tape;
  const ebb::Parameter<double> x(ebb::uniform<double>({4, 2}, ebb::Key(2), 0.5, 1));
  const T t = T(x), loss = sum(prod(t, 1) * sum(t, 1));
  const auto pattern = ebb::SparsityPattern::blocks(4, 2);
  const auto size = tape.size();
  const T elements = sparse_hessian(loss, x, pattern);
  const std::vector<double> expected = at_places(reshape(hessian(loss, x), {8, 8}), pattern);
  for (std::size_t k = 0; k < expected.size(); ++k) CHECK(elements.data()[k] == close_to(expected[k]));
  CHECK(tape.size() == size);
  const T linear = sum(t);
  CHECK(sparse_hessian(linear, x, pattern).to_vector() == std::vector<double>(16, 0.0));
}

TEST_CASE("a pattern that leaves out what is there, or does not fit, is refused") {
  Tape<double> tape;
  const T x = tape.watch(ebb::uniform<double>({9}, ebb::Key(1), -1, 1)), y = three_neighbours(x);
  CHECK_ERROR(sparse_jacobian(y, x, ebb::SparsityPattern::banded(9, 1, 0)),
              "has elements beside the 17 of the pattern");
  CHECK_ERROR(sparse_jacobian(y, x, ebb::SparsityPattern::diagonal(9)), "jacobian() gives all of it");
  CHECK_ERROR(sparse_jacobian(y, x, ebb::SparsityPattern::diagonal(10)),
              "element 9 of the pattern stands in row 9, column 9 of a matrix of 9 x 9");
  CHECK_ERROR(sparse_jacobian(y, x, {IntArray{1, 2}, IntArray{1}}), "a row and a column for each element");
  CHECK_ERROR(sparse_jacobian(y, x, {IntArray{1, 1}, IntArray{2, 2}}), "row 1, column 2 stands in the pattern twice");
}

TEST_CASE("jacobian goes by columns where they are few, with the same result") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {0.5, -0.3})), y = outer(ebb::arange<double>(1, 9), sin(x)) * sum(x);
  const auto visits = std::make_shared<Visits>(y.slot().record);
  tape.observe(visits);
  const T J = jacobian(y, x);
  CHECK(visits->count == 2);
  CHECK(J.shape() == Shape{8, 2, 2});
  for (Index i = 0; i < 8; ++i)
    for (Index k = 0; k < 2; ++k)
      for (Index j = 0; j < 2; ++j) {
        const double expected =
            static_cast<double>(i + 1) * (std::sin(x.at({k})) + (k == j ? std::cos(x.at({k})) * sum(x).item() : 0.0));
        CHECK(J.at({i, k, j}) == close_to(expected));
      }
}
