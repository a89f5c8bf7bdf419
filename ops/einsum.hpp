#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// The sum of products that an equation in the manner of Einstein names: einsum("ij,jk->ik", {a, b}) is a matrix
/// product, "bij,bij->b" one dot product for each b, "ij->ji" a transpose, "ii->i" a diagonal. Each operand has a
/// letter for each of its axes; letters that the result lacks are summed over. Without "->", the result has the letters
/// that stand once, in alphabetical order. The operands are multiplied from left to right, two at a time, by matmul.
/// Throws Error, with the letter, for an equation that does not fit.
template <class T>
Tensor<T> einsum(const std::string& equation, const std::vector<Tensor<T>>& operands,
                 SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> einsum(const std::string& equation, std::initializer_list<Tensor<T>> operands,
                 SourceLocation at = SourceLocation::current()) {
  return einsum(equation, std::vector<Tensor<T>>(operands), at);
}

}  // namespace ebb
