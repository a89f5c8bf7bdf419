#pragma once

#include <type_traits>

#include "../storage/array.hpp"
#include "isa/arithmetic.h"

namespace ebb::kernels {

/// An operand of `broadcast`: an array, whose elements are counted only once.
template <class T>
struct BroadcastOperand {
  const Array<T>& array;
  Index size;

  BroadcastOperand(const Array<T>& x) : array(x), size(x.size()) {}
};

/// y = f(x...), element by element, where each x broadcasts to the shape of y. `kernel` computes f along a row.
template <class Y, class... X>
void broadcast(void (*kernel)(Index n, Y* y, Strided<X>... x), Array<Y>& y,
               std::type_identity_t<BroadcastOperand<X>>... x);

}  // namespace ebb::kernels
