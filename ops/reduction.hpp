#pragma once

#include <concepts>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Over all axes, or over those given: sum(x), sum(x, -1), sum(x, {0, 2}, {.keep = true}).
namespace ebb EBB_PUBLIC {

struct ReduceOptions {
  bool keep = false;  ///< Leaves the reduced axes in place, with extent 1.
};

template <class T>
Tensor<T> sum(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> sum(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
              SourceLocation at = SourceLocation::current());
/// Throws Error where there is nothing to average.
template <class T>
Tensor<T> mean(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> mean(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
               SourceLocation at = SourceLocation::current());

struct VarianceOptions {
  bool keep = false;   ///< Leaves the reduced axes in place, with extent 1.
  int correction = 0;  ///< Divides by n - correction: 1 for the unbiased estimate.
};
template <class T>
Tensor<T> variance(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> variance(const Operand<T>& x, const Axes& axes, VarianceOptions options = {},
                   SourceLocation at = SourceLocation::current());
/// The largest element; NaN if any is, and then so are the derivatives. Where several are the largest, they share the
/// adjoint in equal parts. Throws Error where there is none.
template <class T>
Tensor<T> max(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> max(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
              SourceLocation at = SourceLocation::current());
template <class T, std::integral I>
Tensor<T> max(const Operand<T>&, I, ReduceOptions = {}) = delete;  // write max(x, {axis}), or maximum(x, number)
/// The smallest element; NaN if any is, and then so are the derivatives. Where several are the smallest, they share the
/// adjoint in equal parts. Throws Error where there is none.
template <class T>
Tensor<T> min(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> min(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
              SourceLocation at = SourceLocation::current());
template <class T, std::integral I>
Tensor<T> min(const Operand<T>&, I, ReduceOptions = {}) = delete;  // write min(x, {axis}), or minimum(x, number)
/// log(sum(exp(x))), without overflow. Throws Error where there is nothing to sum.
template <class T>
Tensor<T> logsumexp(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> logsumexp(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
                    SourceLocation at = SourceLocation::current());
/// The index of the largest element along an axis, the first one where several are (or the first NaN). Throws Error
/// where there is none.
template <class T>
IntArray argmax(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());
/// As argmax, of the smallest element.
template <class T>
IntArray argmin(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());
/// The product of the elements, 1 where there are none. Its derivatives are right where elements are 0, too.
template <class T>
Tensor<T> prod(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> prod(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
               SourceLocation at = SourceLocation::current());
/// The square root of `variance`. Where it is 0, so is the derivative.
template <class T>
Tensor<T> standard_deviation(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> standard_deviation(const Operand<T>& x, const Axes& axes, VarianceOptions options = {},
                             SourceLocation at = SourceLocation::current());
/// The Euclidean norm sqrt(sum(x^2)), without overflow. Where it is 0, so is the derivative.
template <class T>
Tensor<T> norm(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> norm(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
               SourceLocation at = SourceLocation::current());
/// The cosine of the angle between vectors along an axis, a . b / (|a| |b|); a and b broadcast. It is 0, and so are its
/// derivatives, where a vector is 0.
template <class T>
Tensor<T> cosine_similarity(const Operand<T>& a, const Operand<T>& b, int axis = -1,
                            SourceLocation at = SourceLocation::current());

}  // namespace ebb
