#pragma once

#include "../storage/array.hpp"

// Raw loops on masks, of ops/attention.cpp.
namespace ebb::kernels {

/// y[i, j] = 1 where query i may attend to key j, which is where key j is not after it; else 0. The last query stands
/// at the last key.
void causal_mask(Index queries, Index keys, std::int32_t* y);

/// y = 1 where neither mask is 0, else 0. The masks broadcast to the shape of y.
void both_allow(const IntArray& a, const IntArray& b, IntArray& y);

}  // namespace ebb::kernels
