#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Constants.
namespace ebb EBB_PUBLIC {

template <class T>
Tensor<T> zeros(const Shape& shape);
template <class T>
Tensor<T> ones(const Shape& shape);
template <class T>
Tensor<T> full(const Shape& shape, double value);
/// start, start + step, ... up to, but without, stop. Throws Error for a step that never gets there.
template <class T>
Tensor<T> arange(double start, double stop, double step = 1);
/// A mask or ids as numbers: 0 / 1, 2, ...
template <class T>
Tensor<T> to_tensor(const IntArray& x);
/// `count` numbers at equal distances, the first of them `start`, the last `stop`.
template <class T>
Tensor<T> linspace(double start, double stop, Index count);
/// The identity matrix [n, n].
template <class T>
Tensor<T> eye(Index n);
/// 1 at the label, else 0: labels [...] -> [..., classes]. Throws Error for a label that is none of 0 to classes - 1.
template <class T>
Tensor<T> one_hot(const IntArray& labels, Index classes);
/// The same numbers, rounded to the other type: cast<double>(x). The result is a constant, as a tape is of one type;
/// throws Error for a tensor on a tape, whose gradient would end here unseen: cast<double>(x.detach()).
template <class To, class T>
Tensor<To> cast(const Tensor<T>& x);

}  // namespace ebb
