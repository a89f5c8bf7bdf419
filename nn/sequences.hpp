#pragma once

#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/array.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Sequences of unequal length in one array.
template <class T>
struct Padded {
  Array<T> values;  ///< [sequences, longest, ...]
  IntArray mask;    ///< [sequences, longest]: 1 where a sequence has an element, 0 where there is padding.
};

/// Puts sequences [length, ...] side by side, and `padding` behind those that are shorter than the longest. Throws
/// Error unless there is one, and all agree in the extents after the first.
///
///     const auto [ids, mask] = ebb::nn::pad_sequences<std::int32_t>({{3, 1, 4}, {1, 5}}, 0);  // [2, 3] each
template <class T>
Padded<T> pad_sequences(const std::vector<Array<T>>& sequences, T padding);

/// The places of all pieces of this length in a series, each `stride` elements after the one before: [pieces, length].
/// So gather(series, windows(series.extent(0), 24), 0) has the pieces of 24. Throws Error for a length or a stride
/// below 1, and for a series that is shorter than a piece.
IntArray windows(Index elements, Index length, Index stride = 1);

}  // namespace nn
}  // namespace ebb
