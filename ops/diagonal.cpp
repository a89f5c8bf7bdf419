#include <fmt/format.h>

#include <algorithm>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "new_array.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// A mask of the elements that `is_in` takes, by their diagonals: that of row i, column j is j - i.
template <class IsIn>
IntArray where_diagonal(Index rows, Index columns, IsIn is_in) {
  IntArray mask(Shape{rows, columns});
  std::int32_t* p = mask.mutable_data();
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) *p++ = is_in(j - i) ? 1 : 0;
  return mask;
}

template <class T>
Tensor<T> matrices(const char* op, const Operand<T>& x, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  if (from.rank() < 2)
    throw error_in(op, fmt::format("shape {} has no two axes for a matrix", to_string(from.shape())), at);
  return from;
}

}  // namespace

template <class T>
Tensor<T> tril(const Operand<T>& x, Index k, SourceLocation at) {
  const Tensor<T> from = matrices("tril", x, at);
  return where(where_diagonal(from.extent(-2), from.extent(-1), [k](Index d) { return d <= k; }), from, 0, at);
}

template <class T>
Tensor<T> triu(const Operand<T>& x, Index k, SourceLocation at) {
  const Tensor<T> from = matrices("triu", x, at);
  return where(where_diagonal(from.extent(-2), from.extent(-1), [k](Index d) { return d >= k; }), from, 0, at);
}

template <class T>
Tensor<T> diagonal(const Operand<T>& x, Index k, SourceLocation at) {
  const Tensor<T> from = matrices("diagonal", x, at);
  const Index rows = from.extent(-2), columns = from.extent(-1);
  if (k < -rows || k > columns)
    throw error_in("diagonal", fmt::format("there is no diagonal {} in {}", k, to_string(from.shape())), at);
  IntArray places(Shape{std::max<Index>(0, std::min(rows + std::min<Index>(k, 0), columns - std::max<Index>(k, 0)))});
  const Index first = k < 0 ? -k * columns : k;
  for (Index i = 0; i < places.size(); ++i)
    places.mutable_data()[i] = static_cast<std::int32_t>(first + i * (columns + 1));
  Shape flat = from.shape().without(-1);
  flat = named("diagonal", at, [&] { return flat.with(-1, rows * columns); });
  return gather(reshape(from, flat, at), places, -1, at);
}

template <class T>
Tensor<T> diag(const Operand<T>& x, Index k, SourceLocation at) {
  const Tensor<T> from = x.tensor(at);
  if (from.rank() == 0) throw error_in("diag", "shape [] has no axis for the elements of a diagonal", at);
  const Index n = from.extent(-1), size = n + std::abs(k);
  // Element i stands in row i for k >= 0, in column i for k < 0; what pads it is masked.
  const Tensor<T> line = k < 0 ? unsqueeze(from, -2, at) : unsqueeze(from, -1, at);
  const Tensor<T> padded = k == 0 ? line : pad(line, k < 0 ? -1 : -2, 0, size - n, 0, at);
  return where(where_diagonal(size, size, [k](Index d) { return d == k; }), padded, 0, at);
}

#define EBB_INSTANTIATE(T)                                               \
  template Tensor<T> tril(const Operand<T>&, Index, SourceLocation);     \
  template Tensor<T> triu(const Operand<T>&, Index, SourceLocation);     \
  template Tensor<T> diagonal(const Operand<T>&, Index, SourceLocation); \
  template Tensor<T> diag(const Operand<T>&, Index, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
