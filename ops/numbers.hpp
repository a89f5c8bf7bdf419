#pragma once

#include <type_traits>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"
#include "arithmetic.hpp"
#include "comparison.hpp"
#include "creation.hpp"
#include "exponential.hpp"
#include "trigonometric.hpp"

// Numbers in place of tensors: either side of a two-sided op may be a number, maximum(x, 0), power(2, x).
namespace ebb EBB_PUBLIC {

/// The types that may stand in for a tensor.
template <class N>
concept Number = std::is_arithmetic_v<N>;

#define EBB_NUMBER_LEFT(Result, op)                                                    \
  template <class T, Number N>                                                         \
  Result op(N a, const Operand<T>& b, SourceLocation at = SourceLocation::current()) { \
    return op(full<T>({}, static_cast<double>(a)), b, at);                             \
  }
#define EBB_NUMBER_RIGHT(Result, op)                                                   \
  template <class T, Number N>                                                         \
  Result op(const Operand<T>& a, N b, SourceLocation at = SourceLocation::current()) { \
    return op(a, full<T>({}, static_cast<double>(b)), at);                             \
  }
#define EBB_NUMBER_EITHER(Result, op) EBB_NUMBER_LEFT(Result, op) EBB_NUMBER_RIGHT(Result, op)
EBB_NUMBER_EITHER(Tensor<T>, add)
EBB_NUMBER_EITHER(Tensor<T>, subtract)
EBB_NUMBER_EITHER(Tensor<T>, multiply)
EBB_NUMBER_EITHER(Tensor<T>, divide)
EBB_NUMBER_LEFT(Tensor<T>, power)
EBB_NUMBER_EITHER(Tensor<T>, minimum)
EBB_NUMBER_EITHER(Tensor<T>, maximum)
EBB_NUMBER_EITHER(Tensor<T>, hypot)
EBB_NUMBER_EITHER(Tensor<T>, logaddexp)
EBB_NUMBER_EITHER(Tensor<T>, atan2)
EBB_NUMBER_EITHER(IntArray, less)
EBB_NUMBER_EITHER(IntArray, less_equal)
EBB_NUMBER_EITHER(IntArray, equal)
#undef EBB_NUMBER_EITHER
#undef EBB_NUMBER_LEFT
#undef EBB_NUMBER_RIGHT

/// `where` with a number on either side: where(mask, x, 0).
template <class T, Number N>
Tensor<T> where(const IntArray& mask, const Operand<T>& a, N b, SourceLocation at = SourceLocation::current()) {
  return where(mask, a, full<T>({}, static_cast<double>(b)), at);
}
template <class T, Number N>
Tensor<T> where(const IntArray& mask, N a, const Operand<T>& b, SourceLocation at = SourceLocation::current()) {
  return where(mask, full<T>({}, static_cast<double>(a)), b, at);
}

}  // namespace ebb
