#pragma once

#include "../autograd/attributes.hpp"
#include "../autograd/tensor.hpp"

namespace ebb {

/// y (dy - sum(dy y)) along an axis, made of ops, for y = softmax(x): the adjoint of x.
template <class T>
Tensor<T> softmax_adjoint(const Tensor<T>& y, const Tensor<T>& dy, int axis);

/// The axis along which elements compete, and the mask of those that take part; undefined if all do.
struct SoftmaxAttributes {
  int axis;
  IntArray mask = {};
  static void visit(auto& self, auto&& field) { field("axis", self.axis), field("mask", self.mask); }
};

}  // namespace ebb
