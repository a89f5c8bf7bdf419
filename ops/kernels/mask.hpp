#pragma once

#include "../../autograd/shape.hpp"

// Raw loops on masks, of ops/attention.cpp.
namespace ebb::kernels {

/// y[i, j] = 1 where query i may attend to key j, one that is not after it: the last query stands at the last key.
void causal_mask(Index queries, Index keys, std::int32_t* y);

/// 1 where neither is 0. The masks broadcast to `result`, whose shape y has.
void both_allow(const Shape& result, const Shape& a_shape, const std::int32_t* a, const Shape& b_shape,
                const std::int32_t* b, std::int32_t* y);

}  // namespace ebb::kernels
