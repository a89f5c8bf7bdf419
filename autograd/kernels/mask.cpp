#include "mask.h"

#include "broadcast.h"

namespace ebb::kernels {

void causal_mask(Index queries, Index keys, std::int32_t* y) {
  for (Index i = 0; i < queries; ++i)
    for (Index j = 0; j < keys; ++j) y[i * keys + j] = j <= i + (keys - queries);
}

namespace {

void both(Index n, std::int32_t* y, Strided<std::int32_t> a, Strided<std::int32_t> b) {
  for (Index i = 0; i < n; ++i) y[i] = a[i] != 0 && b[i] != 0;
}

}  // namespace

void both_allow(const IntArray& a, const IntArray& b, IntArray& y) { broadcast(both, y, a, b); }

}  // namespace ebb::kernels
