#pragma once

#include "../autograd/attributes.hpp"

namespace ebb {

/// The axis along which elements compete, and the mask of those that take part; undefined if all do.
struct SoftmaxAttributes {
  int axis;
  IntArray mask = {};
  static void visit(auto& self, auto&& field) { field("axis", self.axis), field("mask", self.mask); }
};

}  // namespace ebb
