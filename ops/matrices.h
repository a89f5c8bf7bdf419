#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "../autograd/base/error.hpp"
#include "axes.h"
#include "new_array.h"
#include "ops.hpp"

// Of matrices in the last two axes; the axes before are a batch.
namespace ebb {

/// The shape of all but the last two axes.
inline Shape batch_of(const Shape& shape) { return shape.without(-1).without(-1); }

inline void check_square(const Shape& a) {
  if (a.rank() < 2 || a.extent(-1) != a.extent(-2))
    throw Error(fmt::format("shape {} is not that of square matrices", to_string(a)));
}

/// "row 2", or "row 2 of matrix [0, 1]" in a batch, for a row or column counted over the whole batch.
inline std::string place_text(const char* line, const Shape& a, Index number) {
  const Index n = a.extent(-1);
  const Shape batch = batch_of(a);
  return batch.rank() == 0 ? fmt::format("{} {}", line, number)
                           : fmt::format("{} {} of matrix {}", line, number % n, position_text(batch, number / n));
}

/// The left and right sides of systems a x = b, each repeated over the batch to which both broadcast.
template <class T>
std::pair<Tensor<T>, Tensor<T>> of_one_batch(const char* op, const Tensor<T>& a, const Tensor<T>& b,
                                             SourceLocation at) {
  const Shape batch = named(op, at, [&] {
    check_square(a.shape());
    if (b.rank() < 2 || b.extent(-2) != a.extent(-1))
      throw Error(fmt::format("b of shape {} does not have the rows of a, whose shape is {}", to_string(b.shape()),
                              to_string(a.shape())));
    return broadcast_shape(batch_of(a.shape()), batch_of(b.shape()));
  });
  const auto expanded = [&](const Tensor<T>& x) {
    Shape shape = batch;
    shape.push_back(x.extent(-2));
    shape.push_back(x.extent(-1));
    return x.shape() == shape ? x : expand(x, shape, at);
  };
  return {expanded(a), expanded(b)};
}

/// The adjoint of A, negated, where A X = B (or A^T X = B) was solved for X: dB X^T, or X dB^T.
template <class T>
Tensor<T> negated_left_adjoint(const Tensor<T>& x, const Tensor<T>& db, bool transpose) {
  return transpose ? matmul(x, db, {.transpose_b = true}) : matmul(db, x, {.transpose_b = true});
}

}  // namespace ebb
