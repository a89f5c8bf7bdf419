#include "sequences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "../autograd/base/error.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

/// The shape that holds them all: [sequences, longest, ...].
template <class T>
Shape shape_for(const std::vector<Array<T>>& sequences) {
  if (sequences.empty()) throw Error("pad_sequences(): there is no sequence");
  Index longest = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const Array<T>& x = sequences[i];
    if (!x.defined() || x.rank() == 0)
      throw Error(fmt::format("pad_sequences(): sequence {} is {}, and not of elements along an axis", i,
                              x.defined() ? "a single number" : "undefined"));
    if (!(x.shape().without(0) == sequences[0].shape().without(0)))
      throw Error(
          fmt::format("pad_sequences(): sequence {} has the shape {}, and the first {}: only the first extents "
                      "may differ",
                      i, to_string(x.shape()), to_string(sequences[0].shape())));
    longest = std::max(longest, x.extent(0));
  }
  return sequences[0].shape().with(0, longest).inserted(0, static_cast<Index>(sequences.size()));
}

}  // namespace

template <class T>
Padded<T> pad_sequences(const std::vector<Array<T>>& sequences, T padding) {
  const Shape shape = shape_for(sequences);
  const Index longest = shape[1];
  Padded<T> result{Array<T>(shape, padding), IntArray(Shape{shape[0], longest}, 0)};
  const Index step = shape[0] > 0 ? result.values.size() / shape[0] : 0;
  T* values = result.values.mutable_data();
  std::int32_t* mask = result.mask.mutable_data();
  for (const Array<T>& x : sequences) {
    std::copy_n(x.data(), x.size(), values);
    std::fill_n(mask, x.extent(0), 1);
    values += step, mask += longest;
  }
  return result;
}

IntArray windows(Index elements, Index length, Index stride) {
  if (length < 1 || stride < 1)
    throw Error(fmt::format("windows(): length and stride must be at least 1, not {} and {}", length, stride));
  if (elements < length)
    throw Error(fmt::format("windows(): a series of {} elements has no piece of {}", elements, length));
  if (elements > std::numeric_limits<std::int32_t>::max())
    throw Error(
        fmt::format("windows(): places beyond 2^31 are no IntArray's, and the series has {} elements", elements));
  const Index pieces = (elements - length) / stride + 1;
  IntArray places(Shape{pieces, length});
  std::int32_t* to = places.mutable_data();
  for (Index i = 0; i < pieces; ++i, to += length) std::iota(to, to + length, static_cast<std::int32_t>(i * stride));
  return places;
}

#define EBB_INSTANTIATE(T) template Padded<T> pad_sequences(const std::vector<Array<T>>&, T);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
EBB_INSTANTIATE(std::int32_t)

}  // namespace nn
}  // namespace ebb
