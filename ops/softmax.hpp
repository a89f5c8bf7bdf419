#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// e^x / sum(e^x) along an axis, without overflow.
template <class T>
Tensor<T> softmax(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());
/// Softmax over the elements whose mask, which broadcasts to x, is not 0; 0 for the others. Where the mask leaves
/// nothing, all are 0 and so are all gradients. An undefined mask hides nothing.
template <class T>
Tensor<T> softmax(const Operand<T>& x, const IntArray& mask, int axis = -1,
                  SourceLocation at = SourceLocation::current());
/// log(softmax(x)), precise where softmax is tiny.
template <class T>
Tensor<T> log_softmax(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());

}  // namespace ebb
