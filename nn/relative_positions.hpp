#pragma once

#include "../autograd/tensor.hpp"

// How attention may know where things are, other than by positions that are added to the input.
namespace ebb {
namespace nn EBB_PUBLIC {

/// Turns the pairs of numbers i and i + width / 2 of each position p by the angle p / base^(2i / width): x [...,
/// length, width]. A product of a query and a key so turned depends on the distance of their positions alone (Su et al.
/// 2021, "RoFormer"; the pairs as in GPT-NeoX and LLaMA). The first row of x is position `first`. Throws Error for an
/// odd width.
template <class T>
Tensor<T> rotary_positions(const Tensor<T>& x, Index first = 0, double base = 10000,
                           SourceLocation at = SourceLocation::current());

/// The bias of attention that falls with the distance: -slope |query - key|, with the slopes 2^(-8 / heads), 2^(-16 /
/// heads), ... of the heads: [heads, queries, keys]. The last query stands at the last key (Press et al. 2022,
/// "ALiBi"). Throws Error unless there is a head.
template <class T>
Tensor<T> alibi_bias(Index heads, Index queries, Index keys);

/// 1 where a key is less than `window` positions away from the query, and not after it, else 0: [queries, keys]. The
/// last query stands at the last key. Throws Error for a window below 1.
IntArray sliding_window_mask(Index queries, Index keys, Index window);

}  // namespace nn
}  // namespace ebb
