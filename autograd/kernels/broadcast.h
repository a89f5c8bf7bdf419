#pragma once

#include "../storage/array.hpp"
#include "isa/arithmetic.h"

namespace ebb::kernels {

/// y = f(x...), element by element, where each x broadcasts to the shape of y. `kernel` computes f along a row.
template <class Y, class... X>
void broadcast(void (*kernel)(Index n, Y* y, Strided<X>... x), Array<Y>& y, const Array<X>&... x);

}  // namespace ebb::kernels
