#include "mask.hpp"

#include "broadcast_loops.hpp"

namespace ebb::kernels {

void causal_mask(Index queries, Index keys, std::int32_t* y) {
  for (Index i = 0; i < queries; ++i)
    for (Index j = 0; j < keys; ++j) y[i * keys + j] = j <= i + (keys - queries);
}

void both_allow(const Shape& result, const Shape& a_shape, const std::int32_t* a, const Shape& b_shape,
                const std::int32_t* b, std::int32_t* y) {
  broadcast(result, a_shape, a, b_shape, b, y,
            [](std::int32_t u, std::int32_t v) { return std::int32_t{u != 0 && v != 0}; });
}

}  // namespace ebb::kernels
