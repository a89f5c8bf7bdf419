#pragma once

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// A matrix inside a buffer: element (i, j) is data[i * row_step + j * column_step]. So a transposed or interleaved
/// operand needs no copy.
template <class T>
struct MatrixView {
  const T* data;
  Index row_step;
  Index column_step;
};

/// c = a b, plus `bias` in each row unless it is null: a is m x k, b is k x n, c is dense. Each element of c is summed
/// in an order that depends on k alone, so the result is the same for any number of threads.
template <class T>
void gemm(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, const T* bias, T* c);

/// c = a b for each matrix of `batch`, to which the batches of a and b broadcast; `a` and `b` are the first of each,
/// and all are dense, one behind the other. The result is the same for any number of threads.
template <class T>
void batched_gemm(const Shape& batch, const Shape& a_batch, const Shape& b_batch, Index m, Index n, Index k,
                  MatrixView<T> a, MatrixView<T> b, T* c);

}  // namespace ebb::kernels
