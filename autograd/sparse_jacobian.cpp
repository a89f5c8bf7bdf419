#include "sparse_jacobian.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "products.hpp"
#include "rewinding.h"

namespace ebb EBB_PUBLIC {

namespace {

using Indices = std::vector<std::int32_t>;

/// The pattern whose row i has the columns from the first of columns_of(i) up to the second.
template <class ColumnsOf>
SparsityPattern by_rows(Index count, ColumnsOf columns_of) {
  Indices rows, columns;
  for (Index i = 0; i < count; ++i)
    for (auto [j, end] = columns_of(i); j < end; ++j) {
      rows.push_back(static_cast<std::int32_t>(i));
      columns.push_back(static_cast<std::int32_t>(j));
    }
  const Shape shape(static_cast<Index>(rows.size()));
  return {IntArray(shape, rows), IntArray(shape, columns)};
}

/// A colour for each of `count` lines such that no two lines of one colour meet in any of the lines across, greedily:
/// element k stands where line[k] and across[k] meet.
Indices colours(Index count, const IntArray& line, Index across_count, const IntArray& across) {
  std::vector<Indices> lines_of(to_size(across_count)), elements_of(to_size(count));
  for (Index k = 0; k < line.size(); ++k) {
    lines_of[to_size(across.data()[k])].push_back(line.data()[k]);
    elements_of[to_size(line.data()[k])].push_back(across.data()[k]);
  }
  Indices colour(to_size(count), -1), taken_by(to_size(count) + 1, -1);
  for (std::int32_t i = 0; i < count; ++i) {
    for (const std::int32_t j : elements_of[to_size(i)])
      for (const std::int32_t other : lines_of[to_size(j)])
        if (const std::int32_t c = colour[to_size(other)]; c >= 0) taken_by[to_size(c)] = i;
    std::int32_t& mine = colour[to_size(i)];
    for (mine = 0; taken_by[to_size(mine)] == i;) ++mine;
  }
  return colour;
}

Index count_of(const Indices& colour) {
  return colour.empty() ? 0 : 1 + *std::max_element(colour.begin(), colour.end());
}

/// 1 at the lines of this colour.
template <class T>
Tensor<T> seed(const Shape& shape, const Indices& colour, Index wanted) {
  Array<T> ones(shape, T{0});
  for (std::size_t i = 0; i < colour.size(); ++i)
    if (colour[i] == wanted) ones.mutable_data()[i] = T{1};
  return ones;
}

void check_pattern(const SparsityPattern& pattern, Index rows, Index columns) {
  std::set<std::pair<Index, Index>> places;
  if (!pattern.rows.defined() || !pattern.columns.defined() || pattern.rows.size() != pattern.columns.size())
    throw Error("sparse_jacobian(): a pattern has a row and a column for each element");
  for (Index k = 0; k < pattern.rows.size(); ++k) {
    const Index i = pattern.rows.data()[k], j = pattern.columns.data()[k];
    if (i < 0 || i >= rows || j < 0 || j >= columns)
      throw Error(
          fmt::format("sparse_jacobian(): element {} of the pattern stands in row {}, column {} of a matrix of "
                      "{} x {}",
                      k, i, j, rows, columns));
    if (!places.emplace(i, j).second)
      throw Error(fmt::format("sparse_jacobian(): row {}, column {} stands in the pattern twice", i, j));
  }
}

/// Throws Error unless the elements of the pattern give the product of the Jacobian with a vector.
template <class T>
void check_complete(const Tensor<T>& y, const Operand<T>& x, const SparsityPattern& pattern, const Array<T>& elements) {
  Array<T> dx(x.shape());
  std::uint32_t state = 1;
  for (Index j = 0; j < dx.size(); ++j) {  // numbers of different sizes, so that what is missing does not cancel
    state = state * 1664525U + 1013904223U;
    dx.mutable_data()[j] = T{1} + static_cast<T>(state >> 8U) / T{1 << 24};
  }
  const Tensor<T> product = jvp(y, x, Tensor<T>(dx));
  std::vector<double> rest(product.data(), product.data() + product.size()), size(rest.size());
  for (std::size_t i = 0; i < rest.size(); ++i) size[i] = std::abs(rest[i]);
  for (Index k = 0; k < elements.size(); ++k) {
    const std::size_t i = to_size(pattern.rows.data()[k]);
    const double term =
        static_cast<double>(elements.data()[k]) * static_cast<double>(dx.data()[pattern.columns.data()[k]]);
    rest[i] -= term;
    size[i] += std::abs(term);
  }
  const double tolerance = std::sqrt(static_cast<double>(std::numeric_limits<T>::epsilon()));
  for (std::size_t i = 0; i < rest.size(); ++i)
    if (std::abs(rest[i]) > tolerance * size[i])
      throw Error(
          fmt::format("sparse_jacobian(): row {} of the Jacobian has elements beside the {} of the pattern; "
                      "jacobian() gives all of it",
                      i, elements.size()));
}

}  // namespace

SparsityPattern SparsityPattern::banded(Index n, Index below, Index above) {
  if (n < 0 || below < 0 || above < 0)
    throw Error(
        fmt::format("banded({}, {}, {}): the size and the numbers of diagonals are at least 0", n, below, above));
  return by_rows(n, [=](Index i) { return std::pair(std::max<Index>(0, i - below), std::min(n, i + above + 1)); });
}

SparsityPattern SparsityPattern::blocks(Index count, Index size) {
  if (count < 0 || size < 0)
    throw Error(fmt::format("blocks({}, {}): the number and the size of blocks are at least 0", count, size));
  return by_rows(count * size, [=](Index i) { return std::pair(i / size * size, (i / size + 1) * size); });
}

template <class T>
Tensor<T> sparse_jacobian(const Tensor<T>& y, const Operand<T>& x, const SparsityPattern& pattern) {
  if (!y.defined()) throw Error("sparse_jacobian(): y is undefined");
  const auto& [rows, columns] = pattern;
  check_pattern(pattern, y.size(), x.shape().size());
  const Indices by_row = colours(y.size(), rows, x.shape().size(), columns),
                by_column = colours(x.shape().size(), columns, y.size(), rows);
  const Index row_colours = count_of(by_row), column_colours = count_of(by_column);
  const bool walk_rows = row_colours <= 2 * column_colours;
  const Indices& colour = walk_rows ? by_row : by_column;
  const IntArray &lines = walk_rows ? rows : columns, &across = walk_rows ? columns : rows;

  Array<T> elements(Shape{rows.size()});
  for (Index wanted = 0; wanted < (walk_rows ? row_colours : column_colours); ++wanted) {
    const Tensor<T> sum = walk_rows ? vjp(y, {x}, seed<T>(y.shape(), colour, wanted)).front()
                                    : jvp(y, {x}, {seed<T>(x.shape(), colour, wanted)});
    for (Index k = 0; k < elements.size(); ++k)
      if (colour[to_size(lines.data()[k])] == wanted) elements.mutable_data()[k] = sum.data()[across.data()[k]];
  }
  check_complete(y, x, pattern, elements);
  return elements;
}

template <class T>
Tensor<T> sparse_hessian(const Tensor<T>& loss, const Operand<T>& x, const SparsityPattern& pattern) {
  const Rewinding<T> rewinding(loss);
  const Tensor<T> gradient = grad(loss, {x}, {.create_graph = true}).front();
  if (!gradient.tracked()) return Array<T>(Shape{pattern.rows.size()}, T{0});  // the loss is linear
  return sparse_jacobian(gradient, x, pattern);
}

#define EBB_INSTANTIATE(T)                                                                         \
  template Tensor<T> sparse_jacobian(const Tensor<T>&, const Operand<T>&, const SparsityPattern&); \
  template Tensor<T> sparse_hessian(const Tensor<T>&, const Operand<T>&, const SparsityPattern&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
